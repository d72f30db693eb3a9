"""nbgrader's collect, for folders that anybody may have made: learners write into the exchange themselves."""

import os
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.exchange.abc import ExchangeError
from nbgrader.exchange.default import ExchangeCollect

from grader.hostile import MAX_BYTES, MAX_DEPTH, MAX_FILES, UnreadableError, is_name, kind_of, read
from grader.sanitise import TIME, Submission, make_fit


class CarefulCollect(ExchangeCollect):  # type: ignore[misc]
    """Collects every submission that it can. What is odd about one is set aside, and the next one follows."""

    src_records: list[dict[str, Any]]

    def init_src(self) -> None:
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def _path_to_record(self, path: str) -> dict[str, Any]:
        try:
            record: dict[str, Any] = super()._path_to_record(path)
            if not is_name(record["username"]):  # as submitted/../assignment
                raise ExchangeError("no name for a student")
        except Exception as error:  # the parser of dates raises whatever it likes
            self.log.warning("Not collected: %s (%s)", path, error)
            return {"username": "", "filename": "", "timestamp": datetime.min}
        return record

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        folder = Path(dest)
        folder.mkdir(parents=True)
        try:
            copy_as_it_is(Path(src), folder)
        except OSError as error:
            self.log.warning("Not all of %s could be collected: %s", src, error)
        # The folder's name has decided which submission is the last; a file inside could tell another time.
        (folder / TIME).write_text(Path(src).name.rsplit("+", 3)[2], encoding="utf-8")
        make_fit(Submission(folder.parents[2], folder.parent.name, folder.name))


def copy_as_it_is(source: Path, target: Path) -> None:
    """Copy a folder: links as links, pipes as pipes, and of each file at most one byte too many."""
    _copy(os.open(source, _FOLDER), target, 0)


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _copy(source: int, target: Path, depth: int) -> None:
    try:
        with os.scandir(source) as entries:
            for number, entry in enumerate(entries):
                # One more than is allowed, so that it shows.
                if number <= MAX_FILES and (depth, entry.name) != (0, TIME):
                    _copy_one(entry, source, target / entry.name, depth)
    finally:
        os.close(source)


def _copy_one(entry: "os.DirEntry[str]", source: int, target: Path, depth: int) -> None:
    mode = entry.stat(follow_symlinks=False).st_mode
    if stat.S_ISDIR(mode):
        target.mkdir()
        if depth < MAX_DEPTH:
            _copy(os.open(entry.name, _FOLDER, dir_fd=source), target, depth + 1)
    elif stat.S_ISLNK(mode):
        target.symlink_to(os.readlink(entry.name, dir_fd=source))
    elif stat.S_ISFIFO(mode):
        os.mkfifo(target)
    elif not kind_of(mode):
        try:
            target.write_bytes(read(entry.name, MAX_BYTES, folder=source))
        except UnreadableError:  # not by us; make_fit will miss it and say so
            return
