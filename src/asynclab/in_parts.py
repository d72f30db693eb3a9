"""Work that is done in parts, between which the loop that does it has its turn."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import wraps
from typing import ParamSpec, TypeVar

T = TypeVar("T")
Options = ParamSpec("Options")

#: A generator that pauses between two parts, and whose value is the result.
InParts = Generator[None, None, T]


def at_once(in_parts: Callable[Options, InParts[T]]) -> Callable[Options, T]:
    """The same function without the pauses between the parts."""

    @wraps(in_parts)
    def done(*args: Options.args, **options: Options.kwargs) -> T:
        parts = in_parts(*args, **options)
        while True:
            try:
                next(parts)
            except StopIteration as end:
                value: T = end.value
                return value

    return done
