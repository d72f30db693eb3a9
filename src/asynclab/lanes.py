"""Clocks by thread: `time.*` and `datetime` are the world's in a lane of a run, real in every other thread.

They are replaced while at least one run is on. What a learner's code replaces in `time`, `threading` or
asyncio is put back after the run as well, or every later check would meet it.
"""

from __future__ import annotations

import asyncio
import datetime
import functools
import queue
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

Replacement = tuple[Any, str, Any]  # owner, name, and what stands in its place


class Clock(Protocol):
    """What a thread of a run sees as time."""

    def time(self) -> float:
        """Seconds since the world began."""

    def wall_time(self) -> float:
        """Seconds since the epoch, as a clock on the wall has it."""

    def block(self, why: str, seconds: float) -> None:
        """Let `seconds` pass while this thread does nothing else."""


_clocks: dict[int, Clock] = {}


def clock_of_this_thread() -> Clock | None:
    return _clocks.get(threading.get_ident())


@contextmanager
def on_clock(clock: Clock) -> Iterator[None]:
    """This thread lives on `clock` inside the block."""
    thread = threading.get_ident()
    before = _clocks.get(thread)
    _clocks[thread] = clock
    try:
        yield
    finally:
        del _clocks[thread]  # thread ids are reused
        if before is not None:
            _clocks[thread] = before


@contextmanager
def off_clock() -> Iterator[None]:
    """This thread lives in real time inside the block, with Python's own locks."""
    thread = threading.get_ident()
    clock = _clocks.pop(thread, None)
    try:
        yield
    finally:
        if clock is not None:
            _clocks[thread] = clock


class Replacements:
    """Names that stand for others while at least one block is entered, by whichever threads."""

    def __init__(
        self, table: Callable[[], list[Replacement]], guarded: Callable[[], list[Any]] = list
    ) -> None:
        self._table = table
        self._guarded = guarded  # modules that are put back as they were, whatever was done to them
        self._before: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._lock = _real_lock()
        self._entered = 0
        self._undo: list[Replacement] = []

    def __enter__(self) -> None:
        with self._lock:
            if not self._entered:
                table = self._table()  # may raise, and then nothing is replaced
                self._before = [(vars(module), dict(vars(module))) for module in self._guarded()]
                for owner, name, replacement in table:
                    self._undo.append((owner, name, vars(owner).get(name, _ABSENT)))
                    setattr(owner, name, replacement)
            self._entered += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._entered -= 1
            while not self._entered and self._undo:
                owner, name, real = self._undo.pop()
                if real is _ABSENT and name in vars(owner):
                    delattr(owner, name)
                elif real is _ABSENT:
                    continue  # the learner's code took it away
                else:
                    setattr(owner, name, real)
            while not self._entered and self._before:
                namespace, content = self._before.pop()
                namespace.update(content)


_real_lock = threading.Lock
_ABSENT = object()


def _reads(name: str, convert: Callable[[Clock], Any]) -> Callable[[], Any]:
    real = _REAL[name]

    @functools.wraps(real)
    def read() -> Any:
        clock = _clocks.get(threading.get_ident())
        return real() if clock is None else convert(clock)

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
    "monotonic": _reads("monotonic", lambda clock: clock.time()),
    "perf_counter": _reads("perf_counter", lambda clock: clock.time()),
    "time": _reads("time", lambda clock: clock.wall_time()),
    "monotonic_ns": _reads("monotonic_ns", lambda clock: _in_ns(clock.time())),
    "perf_counter_ns": _reads("perf_counter_ns", lambda clock: _in_ns(clock.time())),
    "time_ns": _reads("time_ns", lambda clock: _in_ns(clock.wall_time())),
}

_RealDatetime = datetime.datetime


class _Datetime(type):
    """`isinstance(x, datetime.datetime)` means the real class."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _RealDatetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _RealDatetime)


class VirtualDatetime(_RealDatetime, metaclass=_Datetime):
    """`datetime.datetime` whose `now` and `today` read the world's clock; its instances are real ones."""

    def __new__(cls, *args: Any, **named: Any) -> Any:
        return _RealDatetime(*args, **named)

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        clock = clock_of_this_thread()
        return _RealDatetime.now(tz) if clock is None else _RealDatetime.fromtimestamp(clock.wall_time(), tz)

    @classmethod
    def today(cls) -> Any:
        return cls.now()

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(datetime.UTC).replace(tzinfo=None)


def _ordered(items: Iterable[Any] = ()) -> Any:
    """A set that iterates in the order given.

    `asyncio.as_completed` starts its coroutines in set order, which is the order of addresses.
    """
    items = list(items)
    return dict.fromkeys(items) if items and threading.get_ident() in _clocks else set(items)


#: Inside ``with virtual_time:``, threads that are `on_clock` see its time.
virtual_time = Replacements(
    lambda: [
        *((time, name, function) for name, function in _VIRTUAL.items()),
        (datetime, "datetime", VirtualDatetime),
        (asyncio.tasks, "set", _ordered),
        # where Python itself has bound it early, for the timeouts of queues, semaphores and conditions
        (queue, "time", _VIRTUAL["monotonic"]),
        (threading, "_time", _VIRTUAL["monotonic"]),
    ],
    lambda: [
        module
        for name, module in list(sys.modules.items())
        if name in ("time", "threading") or name.partition(".")[0] == "asyncio"
    ],
)


@contextmanager
def early_bound(names: dict[str, Any], more: Iterable[tuple[Any, Any]] = ()) -> Iterator[None]:
    """Inside the block, what the module of `names` bound early is the world's as well.

    That is ``from time import sleep``, ``def __init__(self, clock=time.monotonic)``, and
    ``clock = time.monotonic`` in a class. `more` are further pairs of a real thing and what stands in
    its place.
    """
    pairs = [(_REAL[name], _VIRTUAL[name]) for name in _VIRTUAL]
    virtual = {_binds(real): stand_in for real, stand_in in [*pairs, (_RealDatetime, VirtualDatetime), *more]}
    found = [
        place
        for name, value in list(names.items())
        for place in looked_at(_bound_in_value(name, value, names, virtual))
    ]
    for put, _, stand_in in found:
        put(stand_in)
    try:
        yield
    finally:
        for put, value, _ in found:
            put(value)


#: How to put something in place, what was there, and what stands in for it.
_Found = tuple[Callable[[Any], None], Any, Any]


def looked_at(found: Iterable[T]) -> list[T]:
    """What was found; nothing where one of a learner's objects does not let itself be looked at."""
    try:
        return list(found)
    except Exception:
        return []


def _bound_in_value(
    name: str, value: Any, names: dict[str, Any], virtual: dict[Any, Any]
) -> Iterator[_Found]:
    stand_in = virtual.get(_binds(value))
    if stand_in is not None:
        yield functools.partial(_put_if_there, names, name), value, stand_in
    elif issubclass(type(value), type):
        if value.__module__ == names.get("__name__"):
            yield from _bound_in_class(value, names, virtual)
    else:
        yield from _bound_in_defaults(value, names, virtual)


def _bound_in_class(owner: type, names: dict[str, Any], virtual: dict[Any, Any]) -> Iterator[_Found]:
    for name, member in list(vars(owner).items()):
        is_static = isinstance(member, staticmethod)
        inner = member.__func__ if isinstance(member, staticmethod | classmethod) else member
        stand_in = virtual.get(_binds(inner))
        if stand_in is None:
            yield from _bound_in_defaults(inner, names, virtual)
        else:
            # a builtin function does not become a method, as a function in its place would
            is_static = is_static or isinstance(inner, types.BuiltinFunctionType)
            yield (
                functools.partial(setattr, owner, name),
                member,
                staticmethod(stand_in) if is_static else stand_in,
            )


def _bound_in_defaults(value: Any, names: dict[str, Any], virtual: dict[Any, Any]) -> Iterator[_Found]:
    if type(value) is not types.FunctionType or value.__globals__ is not names:
        return
    for place, defaults in (("__defaults__", value.__defaults__), ("__kwdefaults__", value.__kwdefaults__)):
        items = list(defaults.values() if isinstance(defaults, dict) else defaults or ())
        stand_ins = [virtual.get(_binds(item), item) for item in items]
        if any(new is not item for new, item in zip(stand_ins, items, strict=True)):
            new = (
                dict(zip(defaults, stand_ins, strict=True))
                if isinstance(defaults, dict)
                else tuple(stand_ins)
            )
            yield functools.partial(setattr, value, place), defaults, new


def _put_if_there(names: dict[str, Any], name: str, value: Any) -> None:
    if name in names:
        names[name] = value


def _binds(value: Any) -> Any:
    """What tells a value from others; bound methods are made anew at each look, so it is what they bind."""
    return (id(value.__func__), id(value.__self__)) if type(value) is types.MethodType else id(value)
