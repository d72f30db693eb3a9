"""Ends a run from outside: at its limits of time, and on Ctrl-C.

The thread that watches runs none of the learner's code. It raises an exception in the thread that does, at
its next bytecode, and once more on the next line of theirs.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from types import FrameType
from typing import Any, Protocol

from asynclab.parking import Presses
from asynclab.scheduler import Handle, RunEnded, Scheduler
from asynclab.source_line import in_learners_code, is_learners, line_of_frame

_real_monotonic = time.monotonic


class Watched(Protocol):
    """A run that goes on in another thread."""

    handle: Handle
    scheduler: Scheduler
    over: threading.Event
    with_learner: bool  # the learner's code is running, not the clean-up
    cpu_clock: int | None  # of the thread of the run


def watch(run: Watched, presses: Presses, *, cpu: float, wall: float) -> None:
    """Wait for the end of the run, which is brought about when it takes too long or on Ctrl-C."""
    end = _wait_for(run, presses, cpu, wall)
    if end is not None:
        _interrupt(run, end, wall)


def _wait_for(run: Watched, presses: Presses, cpu: float, wall: float) -> RunEnded | None:
    """Until the run is over; gives the reason to end it, if there is one."""
    began = _real_monotonic()
    cpu_began = 0.0 if hasattr(time, "pthread_getcpuclockid") else time.process_time()
    while not run.over.wait(0.02):
        if presses.pressed:
            presses.heard = True
            return RunEnded("interrupted", "you interrupted it", _line(run))
        if _cpu_seconds(run) - cpu_began > cpu:
            return RunEnded("cpu", f"it computed for {cpu:g} s without coming to an end", _line(run))
        if _real_monotonic() - began > wall:
            return RunEnded("wall", f"nothing came of it in {wall:g} s of real time", _line(run))
    return None


def _cpu_seconds(run: Watched) -> float:
    """CPU time that the run's threads have used; of the whole process where a thread's cannot be read."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.process_time()
    clocks = [run.cpu_clock, *(lane.cpu_clock for lane in list(run.scheduler.lanes.values()))]
    return run.scheduler.cpu_of_ended + sum(map(_read_clock, clocks))


def _line(run: Watched) -> str:
    """The learner's line that the run is at."""
    return line_of_frame(_frame(run))


def _interrupt(run: Watched, end: RunEnded, wall: float) -> None:
    """Raise `end` in the learner's code, again and again if the code catches it."""
    attempts, began = 0, _real_monotonic()
    while attempts < 50 and _real_monotonic() - began < wall:
        # The clean-up runs code of the learner's as well: a cancelled task's `finally`.
        if run.with_learner or in_learners_code(_frame(run)):
            raise_in(run.scheduler.running_thread, end)
            attempts += 1
        if run.over.wait(0.01):
            return
    text = f"{end.text}; it cannot be stopped either, so it runs on: restart the kernel"
    run.handle([["stop", end.why, text, end.line], ["close"]])


def _frame(run: Watched) -> FrameType | None:
    return sys._current_frames().get(run.scheduler.running_thread)


def _read_clock(clock: int | None) -> float:
    try:
        return 0.0 if clock is None else time.clock_gettime(clock)
    except OSError:  # its thread has just ended
        return 0.0


def raise_in(thread: int, end: RunEnded) -> None:
    """Raise `end` in another thread, at its next bytecode.

    CPython takes a class and makes the exception over there, so its `__init__` runs in that thread.
    There it also arms a trace function, which raises once more on the next line of the learner's:
    ``except BaseException: pass`` catches the first one, and its `pass` is that next line.
    """

    def raised_there(self: RunEnded) -> None:
        RunEnded.__init__(self, end.why, end.text, end.line)
        raise_on_next_line(end)

    kind = type("RunEnded", (RunEnded,), {"__init__": raised_there})
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))


def raise_on_next_line(end: RunEnded) -> None:
    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        # Not at "exception", which Python 3.12 and later report where the first one is still to be caught.
        if event == "line" and is_learners(frame.f_code.co_filename):
            raise RunEnded(end.why, end.text, end.line)
        return trace

    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if is_learners(frame.f_code.co_filename):
            frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)
