"""Locks that a learner's module made before the run: inside it, they too wait on the world's clock.

A lane that waited in one of Python's own locks would keep the baton, so that whoever holds the lock
could never give it back.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asynclab.lanes import looked_at
from asynclab.locks import VirtualLock, VirtualRLock

_Lock = type(threading.Lock())
_RLock = type(threading.RLock())

_Put = Callable[[str, Any], None]

#: How to put something in a place, its name, what is there, and the lock that it is or belongs to.
_Found = tuple[_Put, str, Any, Any]


@contextmanager
def locks_made_before(names: dict[str, Any]) -> Iterator[None]:
    """Inside the block, locks in the module of `names`, its classes and their objects have stand-ins."""
    stand_ins: dict[Any, Any] = {}
    undo = []
    for put, name, value, lock in _found(names):
        if lock not in stand_ins:
            stand_ins[lock] = _stand_in(lock)
        undo.append((put, name, value))
        put(name, stand_ins[lock] if value is lock else getattr(stand_ins[lock], name))
    try:
        yield
    finally:
        for put, name, value in undo:
            put(name, value)


def _stand_in(lock: Any) -> VirtualLock | VirtualRLock:
    """A new lock for each run, so that one run that leaves it locked does not hold up the next."""
    if isinstance(lock, _RLock):
        return VirtualRLock()
    stand_in = VirtualLock()
    if lock.locked():
        stand_in.acquire()
    return stand_in


def _found(names: dict[str, Any]) -> list[_Found]:
    """The locks in the module, in its classes, and in the objects of these that it holds."""
    found = looked_at(_in(names, names.__setitem__))
    for value in list(names.values()):
        found += looked_at(_in_value(value, names.get("__name__")))
    return found


def _in_value(value: Any, module: Any) -> Iterator[_Found]:
    if issubclass(type(value), type):
        if value.__module__ == module:
            yield from _in(dict(vars(value)), functools.partial(setattr, value))
    elif type(value).__module__ == module and hasattr(value, "__dict__"):
        yield from _in(vars(value), vars(value).__setitem__)


def _in(owner: dict[str, Any], put: _Put) -> Iterator[_Found]:
    for name, value in list(owner.items()):
        if issubclass(type(value), _Lock | _RLock):
            yield put, name, value, value
        elif issubclass(type(value), threading.Condition):
            yield from _in_a_condition(vars(value))


def _in_a_condition(held: dict[str, Any]) -> Iterator[_Found]:
    """A Condition keeps its lock, and methods of that as its own."""
    lock = held["_lock"]
    for name in ("_lock", "acquire", "release", "_release_save", "_acquire_restore", "_is_owned"):
        if isinstance(lock, _Lock | _RLock) and name in held:
            yield held.__setitem__, name, held[name], lock
