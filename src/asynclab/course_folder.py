"""The learner's own copy of the notebooks, my-course/: no answer in it is ever overwritten."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asynclab.exchange import LEARNERS_CONFIG
from asynclab.merge import Unreadable, merged

CLONE = Path(__file__).parents[2]  # asynclab is installed in place, so the notebooks lie beside it


class CourseFolderError(Exception):
    """The folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Changes:
    """What an update did, as paths inside the folder, in the order of the course."""

    added: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()  # the learner had not changed them
    merged: tuple[str, ...] = ()
    backup: str = ""  # the folder with the merged files as they were
    kept: tuple[tuple[str, str], ...] = ()  # released anew, yet untouched, and why

    def sentences(self, folder: Path) -> Iterator[str]:
        """One line for each thing worth saying; none when nothing changed."""
        if self.added:
            yield f"Copied to {folder.name}/: {', '.join(self.added)}"
        if self.renewed:
            yield f"Replaced by the new release, as you had not changed it: {', '.join(self.renewed)}"
        if self.merged:
            yield (
                f"Merged with the new release: {', '.join(self.merged)}. Your answers, guesses and added "
                f"cells are kept; the files as they were are in {folder.name}/{self.backup}"
            )
        for path, why in self.kept:
            yield (
                f"{path} has a newer release; yours is untouched: {why}. "
                f"To get the new one, rename yours and run `asynclab lab` again."
            )


def update(folder: Path, release: Path = CLONE / "notebooks") -> Changes:
    """Copies to *folder* the released files that it lacks, and merges the ones that were released anew.

    Raises CourseFolderError when there is no release to copy, or *folder* cannot be written.
    """
    if not release.is_dir():
        raise CourseFolderError(
            f"There are no notebooks at {release}. Run the command from a clone of the course "
            f"whose package was installed with `pip install -e .`."
        )
    try:
        return _Update(folder).run(release)
    except OSError as error:
        raise CourseFolderError(
            f"Cannot write the course to {folder}: {error.strerror} ({error.filename or folder}). "
            f"No answer is lost. Make room for it, or choose another folder: asynclab lab --folder NAME"
        ) from error


class _Update:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / ".asynclab"
        self.copied = _read_copied(self.state)
        self.backup = _unused(self.state / "backups" / f"{datetime.now():%Y-%m-%d_%H-%M-%S}")
        self.added: list[str] = []
        self.renewed: list[str] = []
        self.merged: list[str] = []
        self.kept: list[tuple[str, str]] = []

    def run(self, release: Path) -> Changes:
        self.state.mkdir(parents=True, exist_ok=True)
        for path in _released_files(release):
            self._bring(path, (release / path).read_bytes())
        self._bring("nbgrader_config.py", LEARNERS_CONFIG.encode())
        _write_whole(self.state / "copied.json", json.dumps(self.copied, indent=1, sort_keys=True).encode())
        backup = self.backup.relative_to(self.folder).as_posix() if self.merged else ""
        return Changes(tuple(self.added), tuple(self.renewed), tuple(self.merged), backup, tuple(self.kept))

    def _bring(self, path: str, content: bytes) -> None:
        """Brings one file to its release. Cut short at any point, the next time gives the same."""
        if not os.path.lexists(self.folder / path):
            _write_whole(self.folder / path, content)
            self.added.append(path)
        elif self._is_newer(path, content):
            try:
                self._replace(path, content)
            except Unreadable as why:
                self.kept.append((path, str(why)))
                return
        self.copied[path] = _digest(content)

    def _is_newer(self, path: str, content: bytes) -> bool:
        """Whether it was released anew. A notebook that nothing is known about is taken for the newest."""
        known = self.copied.get(path)
        return known != _digest(content) and (known is not None or not path.endswith(".ipynb"))

    def _replace(self, path: str, content: bytes) -> None:
        file = self.folder / path
        theirs = _read(file)
        if theirs == content:
            return
        if _digest(theirs) == self.copied.get(path):
            _write_whole(file.resolve(), content)
            self.renewed.append(path)
            return
        if not path.endswith(".ipynb"):
            raise Unreadable("you changed it")
        both = merged(content, theirs)
        if both != theirs:
            _write_whole(self.backup / path, theirs)
            _write_whole(file.resolve(), both)
            self.merged.append(path)


def _released_files(release: Path) -> list[str]:
    paths = (path.relative_to(release) for path in release.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))


def _read_copied(state: Path) -> dict[str, str]:
    """The digest of each released file when it was copied. A damaged list is as good as none."""
    try:
        copied = json.loads((state / "copied.json").read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(copied, dict):
        return {}
    return {path: digest for path, digest in copied.items() if isinstance(digest, str)}


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Unreadable(f"it cannot be read ({error.strerror})") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unused(folder: Path) -> Path:
    names = (folder if number == 1 else Path(f"{folder}-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


def _write_whole(target: Path, content: bytes) -> None:
    """Writes all of the file or nothing: half a notebook would pass for the learner's own the next time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    with partial.open("wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    if target.exists():
        partial.chmod(target.stat().st_mode)  # others on this machine see no more of it than before
    partial.replace(target)
