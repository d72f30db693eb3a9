"""The learner's own copy of the notebooks, my-course/: what is in it is never overwritten."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).parents[2]  # asynclab is installed in place, so the notebooks lie beside it


class CourseFolderError(Exception):
    """The folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Changes:
    """What an update did, as paths inside the folder, in the order of the course."""

    added: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()  # released anew since they were copied; the learner's stay as they are

    def sentences(self, folder: Path) -> Iterator[str]:
        """One line for each thing worth saying; none when nothing changed."""
        if self.added:
            yield f"Copied to {folder.name}/: {', '.join(self.added)}"
        for path in self.newer:
            yield (
                f"{path} has a newer release; yours is untouched. "
                f"To get the new one, rename yours and run `asynclab lab` again."
            )


def update(folder: Path, release: Path = CLONE / "notebooks") -> Changes:
    """Copies to *folder* the released files that it lacks, and remembers which release each came from.

    Raises CourseFolderError when there is no release to copy, or *folder* cannot be written.
    """
    if not release.is_dir():
        raise CourseFolderError(
            f"There are no notebooks at {release}. Run the command from a clone of the course "
            f"whose package was installed with `pip install -e .`."
        )
    try:
        return _update(folder, release)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise CourseFolderError(
            f"Cannot write the course to {folder}: {error.strerror} ({error.filename}). "
            f"Rename what is in the way, or choose another folder: asynclab lab --folder NAME"
        ) from error


def _update(folder: Path, release: Path) -> Changes:
    state = folder / ".asynclab"
    state.mkdir(parents=True, exist_ok=True)
    copied = _read_copied(state)
    added, newer = [], []
    for path in _released_files(release):
        content = (release / path).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if not os.path.lexists(folder / path):
            _write_whole(folder / path, content)
            copied[path] = digest
            added.append(path)
        elif copied.setdefault(path, digest) != digest:
            newer.append(path)
    _write_whole(state / "copied.json", json.dumps(copied, indent=1, sort_keys=True).encode())
    return Changes(tuple(added), tuple(newer))


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


def _write_whole(target: Path, content: bytes) -> None:
    """Writes all of the file or nothing: half a notebook would pass for the learner's own the next time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    partial.write_bytes(content)
    partial.replace(target)
