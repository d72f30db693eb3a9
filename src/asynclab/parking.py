"""The calling thread while a run is on: its Ctrl-C, and, where there are no other threads, all of it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from asyncio import _enter_task, _get_running_loop, _leave_task, _set_running_loop
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def parked_loop() -> Iterator[None]:
    """Inside the block this thread has no running event loop and no current task; after it, those it had.

    The tasks and timers of the parked loop stay where they are: nothing of it runs meanwhile.
    """
    loop = _get_running_loop()
    if loop is None:
        yield
        return
    task = asyncio.current_task(loop)
    if task is not None:
        _leave_task(loop, task)
    _set_running_loop(None)
    try:
        yield
    finally:
        _set_running_loop(loop)
        if task is not None:
            _enter_task(loop, task)


@contextmanager
def on_ctrl_c(act: Callable[[FrameType | None], None]) -> Iterator[None]:
    """Ctrl-C calls `act` inside the block, where it can; only the main thread hears it."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    signal.signal(signal.SIGINT, lambda _, frame: act(frame))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGINT, before)


class Presses:
    """Whether Ctrl-C was pressed, and whether somebody has acted on it."""

    pressed = False
    heard = False


@contextmanager
def ctrl_c_noted() -> Iterator[Presses]:
    """Inside the block Ctrl-C raises nothing, wherever it strikes; if nobody hears it, it takes effect later.

    Only in the main thread, which is the one that Ctrl-C reaches. A kernel's cell with a top-level `await`
    has a handler of its own, which would do nothing before the cell is over.
    """
    presses, before = Presses(), signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield presses
        return
    signal.signal(signal.SIGINT, lambda *_: setattr(presses, "pressed", True))
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, before)
    if presses.pressed and not presses.heard:
        before(signal.SIGINT, None)
