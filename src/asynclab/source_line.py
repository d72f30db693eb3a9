"""Which line of the learner's code: for sentences such as "waits for ever at line 12"."""

from __future__ import annotations

import asyncio
import linecache
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

_HERE = Path(__file__).resolve().parent
_NOT_THE_LEARNERS = tuple(
    {
        str(_HERE),
        str(Path(asyncio.__file__).parent),
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    }
)


def is_learners(filename: str) -> bool:
    """Whether a file holds the learner's code: neither ours, nor Python's, nor an installed package's."""
    return not filename.startswith(_NOT_THE_LEARNERS) and not filename.startswith("<frozen")


def is_ours(coroutine: Any) -> bool:
    """Whether a coroutine is of this package, not of the learner."""
    code = getattr(coroutine, "cr_code", None)
    return code is not None and Path(code.co_filename).parent == _HERE


def line_of(filename: str, number: int) -> str:
    """A line for a sentence: ``line 3: `return 1 / 0```, or ``line 3`` when its text is not known."""
    text = linecache.getline(filename, number).strip()
    return f"line {number}: `{text}`" if text else f"line {number}"


def line_of_frame(frame: FrameType | None) -> str:
    """The learner's line that a running frame is in or was called from; "" when there is none."""
    while frame is not None:
        if is_learners(frame.f_code.co_filename):
            return line_of(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return ""


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
            found = line_of(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def suspended_frames(awaitable: Any) -> Iterator[FrameType]:
    """The frames of a suspended coroutine or async generator, outermost first."""
    while awaitable is not None:
        frame = getattr(awaitable, "cr_frame", None) or getattr(awaitable, "ag_frame", None)
        if frame is not None:
            yield frame
        awaitable = getattr(awaitable, "cr_await", None) or getattr(awaitable, "ag_await", None)


def where_it_waits(awaitable: Any) -> tuple[str, str]:
    """What a suspended coroutine is in, and the learner's line: ``("Queue.get", "line 12: `...`")``."""
    inside, line = "", ""
    for frame in suspended_frames(awaitable):
        if is_learners(frame.f_code.co_filename):
            inside, line = "", line_of(frame.f_code.co_filename, frame.f_lineno)
        elif not inside:
            inside = frame.f_code.co_qualname
    return inside, line
