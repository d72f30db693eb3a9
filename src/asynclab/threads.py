"""Threads on the world's clock, and what stands in place of Python's in the lanes of a run.

While a run is on, these replace Python's; in a thread that belongs to no run each of them does what it
always did.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.context
import multiprocessing.process
import os
import queue
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from asynclab.executors import name_of, process_init, shutdown, submit
from asynclab.lanes import Replacement, Replacements, off_clock
from asynclab.locks import condition_wait, made_in_a_lane, virtual_lock, virtual_rlock
from asynclab.loop import VirtualLoop
from asynclab.pools import VirtualPool
from asynclab.scheduler import ThreadLane, lane_of_this_thread

# -- threads

_real_start = threading.Thread.start
_real_join = threading.Thread.join


def _start(self: threading.Thread) -> None:
    """`Thread.start`: the thread begins when the world says so, as a lane of its own."""
    lane = lane_of_this_thread()
    if lane is None:
        _real_start(self)
        return
    if self.ident is not None:
        raise RuntimeError("threads can only be started once")
    run = self.run

    def start(live: Callable[[], None]) -> None:
        self.run = live  # type: ignore[method-assign]
        self.daemon = True  # one that is left behind must not keep the process
        with off_clock():  # Python's own start waits until the thread is there
            _real_start(self)

    target = getattr(self, "_target", None)
    name = name_of(target) if target is not None else type(self).__name__  # "Thread-7" counts per process
    vars(self)["_asynclab_lane"] = lane.scheduler.spawn("", "thread", 0, name, run, start)
    lane.may_give_way()


def _join(self: threading.Thread, timeout: float | None = None) -> None:
    lane = lane_of_this_thread()
    its: ThreadLane | None = vars(self).get("_asynclab_lane")
    if lane is None or its is None:
        _real_join(self, timeout)
    else:
        lane.wait(lambda: its.over, timeout)


_real_is_alive = threading.Thread.is_alive


def _is_alive(self: threading.Thread) -> bool:
    its: ThreadLane | None = vars(self).get("_asynclab_lane")
    return _real_is_alive(self) if its is None else not its.over


def _start_process(self: Any) -> None:
    if lane_of_this_thread() is None:
        _real_process_start(self)
    else:
        raise RuntimeError(
            "a multiprocessing.Process cannot run on the world's clock: "
            "use a ProcessPoolExecutor or multiprocessing.Pool"
        )


_real_process_start = multiprocessing.process.BaseProcess.start
_real_pool = multiprocessing.context.BaseContext.Pool


_real_default_pool = multiprocessing.Pool


def _pool(self: Any, *args: Any, **named: Any) -> Any:
    return _real_pool(self, *args, **named) if lane_of_this_thread() is None else VirtualPool(*args, **named)


def virtual_pool(*args: Any, **named: Any) -> Any:
    return (
        _real_default_pool(*args, **named) if lane_of_this_thread() is None else VirtualPool(*args, **named)
    )


# -- how many cores there are

_real_cpu_count = os.cpu_count


def _cpu_count() -> int | None:
    """The world's cores, in its lanes."""
    lane = lane_of_this_thread()
    return _real_cpu_count() if lane is None else lane.scheduler.cores


_real_new_event_loop = asyncio.events.new_event_loop
_real_socket_init = socket.socket.__init__
_real_popen_init = subprocess.Popen.__init__
_real_signal = signal.signal


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """What `asyncio.run` runs in: in a thread of a run, a loop on the world's clock."""
    lane = lane_of_this_thread()
    return _real_new_event_loop() if lane is None else VirtualLoop(lane.scheduler, lane)


def _refused(real: Callable[..., Any], what: str) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        if lane_of_this_thread() is None:
            return real(*args, **named)
        raise RuntimeError(f"{what} cannot be used on the world's clock: {INSTEAD[what]}")

    return call


INSTEAD = {
    "a socket": "call the service that you were given",
    "a subprocess": "call the service that you were given, or use a ProcessPoolExecutor",
    "a signal handler": "wait for an asyncio.Event or a timeout instead",
}


def _table() -> list[Replacement]:
    executors: list[Replacement] = [
        (kind, name, replacement)
        for kind in (ThreadPoolExecutor, ProcessPoolExecutor)
        for name, replacement in (("submit", submit), ("shutdown", shutdown))
    ]
    return [
        (threading, "Lock", virtual_lock),
        (threading, "RLock", virtual_rlock),
        (threading.Condition, "wait", condition_wait),
        (threading.Thread, "start", _start),
        (threading.Thread, "join", _join),
        (threading.Thread, "is_alive", _is_alive),
        (queue, "SimpleQueue", made_in_a_lane(vars(queue)["_PySimpleQueue"], queue.SimpleQueue)),
        (ProcessPoolExecutor, "__init__", process_init),
        *executors,
        (multiprocessing, "Pool", virtual_pool),
        (multiprocessing.context.BaseContext, "Pool", _pool),
        (multiprocessing.process.BaseProcess, "start", _start_process),
        (os, "cpu_count", _cpu_count),
        (asyncio.events, "new_event_loop", _new_event_loop),
        (asyncio, "new_event_loop", _new_event_loop),
        (socket.socket, "__init__", _refused(_real_socket_init, "a socket")),
        (subprocess.Popen, "__init__", _refused(_real_popen_init, "a subprocess")),
        (signal, "signal", _refused(_real_signal, "a signal handler")),
    ]


#: Inside ``with virtual_threads:``, lanes of a run have threads, locks and executors on the world's clock.
virtual_threads = Replacements(_table)

#: What a learner's module may have bound before the run: ``from threading import Lock``.
EARLY_BOUND = (
    (threading.Lock, virtual_lock),
    (threading.RLock, virtual_rlock),
    (multiprocessing.Pool, virtual_pool),
    (os.cpu_count, _cpu_count),
)
