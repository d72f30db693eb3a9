"""Coroutines of the learner's that nobody will run any more: ended now, so that none is heard of later."""

from __future__ import annotations

import contextlib
import ctypes
import inspect
from typing import Any


def close_for_good(coroutine: Any) -> None:
    """End a coroutine now; left to the garbage collector, it would go on in the middle of another run."""
    for _ in range(10):  # one may ignore it, and wait for something else
        with contextlib.suppress(BaseException):
            coroutine.close()
            return
    # One that goes on whatever is raised in it is never dropped: Python would complain on stderr.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(coroutine))


def close_coroutines(value: Any, depth: int = 3) -> None:
    """Close the coroutines in a refused value, so that they do not complain later."""
    if inspect.iscoroutine(value):
        value.close()
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        for item in value:
            close_coroutines(item, depth - 1)
    elif isinstance(value, dict) and depth:
        close_coroutines(list(value.values()), depth - 1)
