"""Locks on the world's clock: a lane that waits for one stands still, and the others go on.

Everything built on `threading.Condition` follows by itself: Event, Queue, Semaphore, Barrier, Timer and
`Future.result`. In a thread that belongs to no run, each does what it always did.
"""

from __future__ import annotations

import _thread
import concurrent.futures
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from asynclab.scheduler import Lane, lane_of_this_thread

_allocate_lock = _thread.allocate_lock
_real_condition_wait = threading.Condition.wait
_RealRLock: Any = threading._PyRLock  # type: ignore[attr-defined]  # the one in Python, whose lock can be replaced


class VirtualLock:
    """`threading.Lock`: a lane that waits for it stands still, and the others go on."""

    def __init__(self) -> None:
        self._lock = _allocate_lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        lane = lane_of_this_thread()
        if lane is None:
            return self._lock.acquire(blocking, timeout)
        _may_give_way(lane)
        if not blocking:
            return self._lock.acquire(False)
        return lane.wait(lambda: self._lock.acquire(False), None if timeout < 0 else timeout)

    def release(self) -> None:
        self._lock.release()
        lane = lane_of_this_thread()
        if lane is not None:
            _may_give_way(lane)

    def locked(self) -> bool:
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._lock = _allocate_lock()


def _may_give_way(lane: Lane) -> None:
    """Let others go first, perhaps; not at locks on which nobody's race depends.

    Those are the many inside a future, and that of `current_thread`, which makes an object for a thread that
    it has not seen: whether it has, depends on what ran in this process before.
    """
    if not lane.scheduler.explores:
        return
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename in (__file__, threading.__file__):
        if frame.f_code is _CURRENT_THREAD:
            return
        frame = frame.f_back
    if frame is None or not frame.f_code.co_filename.startswith(_FUTURES):
        lane.may_give_way()


_CURRENT_THREAD = threading.current_thread.__code__
_FUTURES = str(Path(concurrent.futures.__file__).parent)


class VirtualRLock(_RealRLock):  # type: ignore[misc]
    """`threading.RLock`, on a `VirtualLock`."""

    def __init__(self) -> None:
        super().__init__()
        self._block = VirtualLock()


def condition_wait(self: Any, timeout: float | None = None) -> bool:
    """`Condition.wait`, which Event, Queue, Semaphore, Barrier and `Future.result` are made of."""
    lane = lane_of_this_thread()
    if lane is None:
        return _real_condition_wait(self, timeout)
    if not self._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    waiter = _allocate_lock()
    waiter.acquire()
    self._waiters.append(waiter)
    saved = self._release_save()
    notified = False
    try:
        notified = lane.wait(lambda: waiter.acquire(False), timeout)
    finally:
        self._acquire_restore(saved)
        if not notified and waiter in self._waiters:
            self._waiters.remove(waiter)
    return notified


def made_in_a_lane(virtual: Callable[[], Any], real: Callable[[], Any]) -> Callable[[], Any]:
    """A class by the name of `real` that makes what is `virtual`, in a lane."""

    def make() -> Any:
        return real() if lane_of_this_thread() is None else virtual()

    return make


virtual_lock = made_in_a_lane(VirtualLock, threading.Lock)
virtual_rlock = made_in_a_lane(VirtualRLock, threading.RLock)
