"""Coroutines of the learner's that nobody will run any more: ended now, so that none is heard of later."""

from __future__ import annotations

import contextlib
import ctypes
import inspect
from collections.abc import Iterator
from itertools import islice
from typing import Any

#: A value with more parts than these is not looked through to its end: that would be the run's CPU time.
MOST_PARTS = 10_000


def close_for_good(coroutine: Any) -> None:
    """End a coroutine now; left to the garbage collector, it would go on in the middle of another run."""
    for _ in range(10):  # one may ignore it, and wait for something else
        with contextlib.suppress(BaseException):
            coroutine.close()
            return
    # One that goes on whatever is raised in it is never dropped: Python would complain on stderr.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(coroutine))


def close_coroutines(value: Any) -> None:
    """Close the coroutines in a refused value, so that they do not complain later."""
    for part in islice(_parts(value, 3), MOST_PARTS):
        if inspect.iscoroutine(part):
            part.close()


def _parts(value: Any, depth: int) -> Iterator[Any]:
    """What is in a value, down to so many levels."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset) and depth:
        for item in value:
            yield from _parts(item, depth - 1)
    else:
        yield value
