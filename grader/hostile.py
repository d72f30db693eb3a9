"""Files that anybody may have written: read without following a link, waiting, or filling the memory."""

import json
import os
import stat
from pathlib import Path

from asynclab.cells import Json

#: Far above any notebook of the course with its pictures, far below what would hurt the grader.
MAX_BYTES = 20_000_000
MAX_CELLS = 1_000
MAX_DEPTH = 4  # folders inside a submission
MAX_FILES = 200  # in one folder of it


class UnreadableError(Exception):
    """Why a file is not read, as the end of a sentence that begins with its name."""


def is_name(student: str) -> bool:
    """Whether a folder's name may be that of a student.

    A hidden folder is none, nor one that leads elsewhere. A pattern would be: nbgrader takes the work of all
    who fit it for that student's, and leaves them without marks.
    """
    return not student.startswith(".") and student.isprintable() and not set("*?[]").intersection(student)


def read(path: Path | str, limit: int = MAX_BYTES, *, folder: int | None = None) -> bytes:
    """What a regular file holds, up to one byte more than *limit*; *folder* is an open directory.

    Raises: UnreadableError: if it is no regular file, or cannot be opened.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a named pipe would make `open` wait
    try:
        if kind := kind_of(os.stat(path, dir_fd=folder, follow_symlinks=False).st_mode):
            raise UnreadableError(f"is {kind}")
        with os.fdopen(os.open(path, flags, dir_fd=folder), "rb") as file:
            if kind := kind_of(os.fstat(file.fileno()).st_mode):
                raise UnreadableError(f"is {kind}")
            return file.read(limit + 1)
    except FileNotFoundError:
        raise UnreadableError("is not there") from None
    except OSError as error:
        raise UnreadableError(f"cannot be opened: {error.strerror}") from error


def read_json(path: Path) -> object:
    """
    Raises: UnreadableError: if there is no JSON of a sensible size and depth in it.
    """
    data = read(path)
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        found = json.loads(data)
    except RecursionError:
        raise UnreadableError("is nested too deeply for a notebook") from None
    except UnicodeDecodeError:
        raise UnreadableError("is not text, so it is no notebook") from None
    except (ValueError, MemoryError) as error:
        raise UnreadableError(f"is damaged, so it cannot be read as a notebook: {error}") from None
    cells = found.get("cells") if isinstance(found, dict) else None
    if isinstance(cells, list) and len(cells) > MAX_CELLS:
        raise UnreadableError(f"holds {len(cells):,} cells; {MAX_CELLS:,} is the most that is read")
    return found


def read_release(path: Path) -> Json:
    """A notebook of ours."""
    released: Json = json.loads(path.read_bytes())
    return released


def fault(path: Path, depth: int = 0) -> str:
    """What is wrong with a file or folder, so that nothing else may open it; "" for an ordinary one."""
    if not path.name.isprintable():
        return "has a name that cannot be shown"
    info = path.lstat()
    if not stat.S_ISDIR(info.st_mode):
        too_large = f"is larger than {MAX_BYTES // 1_000_000} MB" if info.st_size > MAX_BYTES else ""
        kind = kind_of(info.st_mode)
        return f"is {kind}" if kind else too_large
    if depth >= MAX_DEPTH:
        return f"holds more than {MAX_DEPTH} folders inside each other"
    with os.scandir(path) as entries:
        for number, entry in enumerate(entries, start=1):
            if number > MAX_FILES:
                return f"holds more than {MAX_FILES} files"
            if wrong := fault(path / entry.name, depth + 1):
                return f"holds `{shown(entry.name)}`, which {wrong}"
    return ""


def shown(name: str) -> str:
    """A file's name for people: nothing in it that a terminal obeys, or that no file can hold.

    >>> shown("plan\\x1b[2J.txt")
    'plan?[2J.txt'
    """
    return "".join(each if each.isprintable() else "?" for each in name[:200])


def kind_of(mode: int) -> str:
    """What a file is if it is no regular one, in words; "" for a regular file."""
    kinds = {
        stat.S_IFREG: "",
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")
