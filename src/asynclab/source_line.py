"""Which line of the learner's code: for sentences such as "waits for ever at line 12"."""

from __future__ import annotations

import asyncio
import linecache
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

_HERE = Path(__file__).resolve().parent
_NOT_THE_LEARNERS = tuple(
    {
        str(_HERE),
        str(Path(asyncio.__file__).parents[1]),  # which may be a zip file
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    }
)


def is_learners(filename: str) -> bool:
    """Whether a file holds the learner's code: neither ours, nor Python's, nor an installed package's."""
    return not filename.startswith(_NOT_THE_LEARNERS) and not filename.startswith("<frozen")


def learners_part(coroutine: Any) -> Any:
    """The coroutine itself; of one of this package's, the learner's that it waits for, or None."""
    code = getattr(coroutine, "cr_code", None)
    if code is None or Path(code.co_filename).parent != _HERE:
        return coroutine
    while coroutine is not None:
        frame = _frame_of(coroutine)
        if frame is not None and is_learners(frame.f_code.co_filename):
            return coroutine
        coroutine = _awaited_by(coroutine)
    return None


def line_of(filename: str, number: int) -> str:
    """A line for a sentence: ``line 3: `return 1 / 0```, or ``line 3`` when its text is not known."""
    text = linecache.getline(filename, number).strip()
    return f"line {number}: `{text}`" if text else f"line {number}"


def line_of_frame(frame: FrameType | None) -> str:
    """The learner's line that a running frame is in or was called from; "" when there is none."""
    frame = learners_frame(frame)
    return "" if frame is None else _line_in(frame.f_code, frame.f_lineno)


def _line_in(code: CodeType, number: int | None) -> str:
    """The line of a frame, which may be between two lines: then the first of its function."""
    return line_of(code.co_filename, number or code.co_firstlineno)


def learners_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the learner's code that a running frame is or was called from."""
    while frame is not None and not _is_beginning(frame):
        if is_learners(frame.f_code.co_filename):
            return frame
        frame = frame.f_back
    return None


def _is_beginning(frame: FrameType) -> bool:
    """Whether a lane of a run begins here: what is below it in the stack is not the learner's."""
    return frame.f_code.co_name == "live" and frame.f_code.co_filename.startswith(str(_HERE))


def in_learners_code(frame: FrameType | None) -> bool:
    """Whether a running frame is of the learner's code or was called from it."""
    while frame is not None and not is_learners(frame.f_code.co_filename):
        frame = frame.f_back
    return frame is not None


def line_of_traceback(traceback: TracebackType | None) -> str:
    """The learner's innermost line in a traceback; "" when there is none."""
    found = ""
    while traceback is not None:
        if is_learners(traceback.tb_frame.f_code.co_filename):
            found = _line_in(traceback.tb_frame.f_code, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def suspended_frames(awaitable: Any) -> Iterator[FrameType]:
    """The frames of a suspended coroutine or async generator, outermost first."""
    while awaitable is not None:
        frame = _frame_of(awaitable)
        if frame is not None:
            yield frame
        awaitable = _awaited_by(awaitable)


def _frame_of(awaitable: Any) -> FrameType | None:
    return getattr(awaitable, "cr_frame", None) or getattr(awaitable, "ag_frame", None)


def _awaited_by(awaitable: Any) -> Any:
    return getattr(awaitable, "cr_await", None) or getattr(awaitable, "ag_await", None)


def where_it_waits(awaitable: Any) -> tuple[str, str]:
    """What a suspended coroutine is in, and the learner's line: ``("Queue.get", "line 12: `...`")``."""
    inside, line = "", ""
    for frame in suspended_frames(awaitable):
        if is_learners(frame.f_code.co_filename):
            inside, line = "", _line_in(frame.f_code, frame.f_lineno)
        elif not inside:
            inside = frame.f_code.co_qualname
    return inside, line


def line_of_thread(thread: int) -> str:
    """The learner's line that a thread, by its id, is at; "" when it is in none."""
    return line_of_frame(sys._current_frames().get(thread))
