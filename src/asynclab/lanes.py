"""Clocks by thread: `time.*` is the world's in the thread of a run, and real in every other one.

The functions of the module `time` are replaced while at least one run is on. What a learner's code
replaces in `time` or asyncio is put back after the run, or every later check would meet it.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Clock(Protocol):
    """What a thread of a run sees as time."""

    def time(self) -> float:
        """Seconds since the world began."""

    def block(self, why: str, seconds: float) -> None:
        """Let `seconds` pass while this thread does nothing else."""


#: What `time.time()` says when a world begins: a fixed instant, so that traces repeat.
WALL_CLOCK_START = 1_700_000_000.0

_clocks: dict[int, Clock] = {}
_lock = threading.Lock()
_runs = 0
_before: list[tuple[dict[str, Any], dict[str, Any]]] = []  # namespaces, and what was in them


def clock_of_this_thread() -> Clock | None:
    return _clocks.get(threading.get_ident())


@contextmanager
def on_clock(clock: Clock) -> Iterator[None]:
    """This thread lives on `clock` inside the block."""
    thread = threading.get_ident()
    _clocks[thread] = clock
    try:
        yield
    finally:
        del _clocks[thread]  # thread ids are reused


def _reads(real: Callable[[], Any], convert: Callable[[float], Any]) -> Callable[[], Any]:
    @functools.wraps(real)
    def read() -> Any:
        clock = _clocks.get(threading.get_ident())
        return real() if clock is None else convert(clock.time())

    return read


def _in_ns(seconds: float) -> int:
    return round(seconds * 1_000_000_000)


_REAL: dict[str, Callable[..., Any]] = {
    name: getattr(time, name)
    for name in ("sleep", "monotonic", "perf_counter", "time", "monotonic_ns", "perf_counter_ns", "time_ns")
}


@functools.wraps(_REAL["sleep"])
def _sleep(seconds: float) -> None:
    clock = _clocks.get(threading.get_ident())
    if clock is None:
        _REAL["sleep"](seconds)
    elif seconds < 0:
        raise ValueError("sleep length must be non-negative")
    else:
        clock.block("sleep", seconds)


_VIRTUAL: dict[str, Callable[..., Any]] = {
    "sleep": _sleep,
    "monotonic": _reads(_REAL["monotonic"], float),
    "perf_counter": _reads(_REAL["perf_counter"], float),
    "time": _reads(_REAL["time"], lambda seconds: WALL_CLOCK_START + seconds),
    "monotonic_ns": _reads(_REAL["monotonic_ns"], _in_ns),
    "perf_counter_ns": _reads(_REAL["perf_counter_ns"], _in_ns),
    "time_ns": _reads(_REAL["time_ns"], lambda seconds: _in_ns(WALL_CLOCK_START + seconds)),
}


def _ordered(items: Iterable[Any] = ()) -> Any:
    """A set that iterates in the order given.

    `asyncio.as_completed` starts its coroutines in set order, which is the order of addresses.
    """
    items = list(items)
    return dict.fromkeys(items) if items and threading.get_ident() in _clocks else set(items)


@contextmanager
def virtual_time() -> Iterator[None]:
    """Inside the block, threads that are `on_clock` see its time through the module `time`."""
    global _runs
    with _lock:
        _runs += 1
        if _runs == 1:
            _install()
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                _put_back()


def _install() -> None:
    for name, module in list(sys.modules.items()):
        if name == "time" or name.partition(".")[0] == "asyncio":
            _before.append((vars(module), dict(vars(module))))
    vars(time).update(_VIRTUAL)
    vars(asyncio.tasks)["set"] = _ordered


def _put_back() -> None:
    vars(asyncio.tasks).pop("set", None)
    while _before:
        namespace, content = _before.pop()
        namespace.update(content)
