"""What may cross between the learner's code and the world: JSON values, and names of services.

Practice and marks cross the same border, so an answer meets the same values in both: a tuple
arrives as a list, a service is a name that the learner's side turns into an object with methods.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import Any

#: A dict of this one key is a reference, not a value of the learner's.
SERVICE = "$service"
_DICT = "$dict"

#: Deeper nesting is refused: nobody's answer needs it and parsers recurse.
MAX_DEPTH = 50

#: So many values and characters may be in one value, all the way down: nobody's answer needs more.
MAX_SIZE = 1_000_000

#: Python refuses to write whole numbers of more than 4,300 digits, which are 14,284 bits.
MAX_BITS = 10_000

#: The exceptions that cross by name, so that `except ConnectionError` works on the other side.
BUILTIN_ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (
        ConnectionError,
        TimeoutError,
        ValueError,
        KeyError,
        LookupError,
        OSError,
        PermissionError,
        RuntimeError,
    )
}


class Uncrossable(TypeError):
    """A value that is no JSON value; its text says which and of what type."""


class Reference:
    """What never crosses itself: a name crosses in its place."""

    def reference(self) -> dict[str, Any]:
        """What crosses the link in place of this."""
        raise NotImplementedError


def encode(value: object) -> Any:
    """`value` as plain JSON data, copied, so that neither side can change the other's.

    >>> encode(("a", 1)), encode({1: "one"})
    (['a', 1], {'$dict': [[1, 'one']]})

    Raises `Uncrossable` for what is no JSON value: NaN, a coroutine, a set, an object.
    """
    return _Encoding().of(value, 0)


class _Encoding:
    """One value on its way; counts its parts, because a value can hold itself.

    It looks at types only and calls no method that a learner may have written.
    """

    def __init__(self) -> None:
        self._size = 0

    def of(self, value: Any, depth: int) -> Any:
        kind = type(value)
        self._count(1)
        if value is None or kind is bool:
            return value
        if issubclass(kind, str):
            self._count(str.__len__(value))
            return str.__str__(value)
        if issubclass(kind, int):
            return _writable(int.__int__(value))
        if issubclass(kind, float):
            return _finite(float.__float__(value))
        if depth > MAX_DEPTH:
            raise Uncrossable(f"a value nested more than {MAX_DEPTH} levels deep")
        if issubclass(kind, list):
            return [self.of(item, depth + 1) for item in list.__iter__(value)]
        if issubclass(kind, tuple):
            return [self.of(item, depth + 1) for item in tuple.__iter__(value)]
        if issubclass(kind, dict):
            return self._dict(dict.items(value), depth)
        if issubclass(kind, Reference):
            return value.reference()
        raise Uncrossable(describe(value))

    def _dict(self, items: Iterable[tuple[Any, Any]], depth: int) -> dict[str, Any]:
        plain = [(self.of(key, depth + 1), self.of(item, depth + 1)) for key, item in items]
        if all(type(key) is str and not key.startswith("$") for key, _ in plain):
            return dict(plain)
        return {_DICT: [list(item) for item in plain]}

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > MAX_SIZE:
            raise Uncrossable(f"more than {MAX_SIZE:,} values and characters")


def _writable(value: int) -> int:
    if value.bit_length() <= MAX_BITS:
        return value
    raise Uncrossable(
        f"a whole number of {value.bit_length():,} bits; at most {MAX_BITS:,} can be written down"
    )


def _finite(value: float) -> float:
    if math.isfinite(value):
        return value
    raise Uncrossable(f"{value!r}, which is no number one can compare with")


def describe(value: object) -> str:
    """What a value is, for a sentence: ``a coroutine of `store.get```, ``a value of type `set```."""
    if value is None:
        return "None"
    kind = type(value).__name__
    if kind in ("coroutine", "generator", "async_generator"):
        article = "an" if kind[0] in "aeiou" else "a"
        return f"{article} {kind.replace('_', ' ')} (`{getattr(value, '__qualname__', '?')}`)"
    if issubclass(type(value), asyncio.Future):
        return f"{'a task' if issubclass(type(value), asyncio.Task) else 'a future'}, not its result"
    if kind in ("function", "method", "type"):
        return f"the {kind} `{getattr(value, '__name__', '?')}` itself"
    return f"a value of type `{kind}`"


def decode(data: Any, service: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The value that `encode` wrote; `service` makes an object of a reference to a service.

    >>> decode({"$dict": [[1, "one"]]})
    {1: 'one'}
    """
    if isinstance(data, list):
        return [decode(item, service) for item in data]
    if not isinstance(data, dict):
        return data
    if SERVICE in data and service is not None:
        return service(data)
    if _DICT in data:
        return {_as_key(decode(key, service)): decode(item, service) for key, item in data[_DICT]}
    return {key: decode(item, service) for key, item in data.items()}


def _as_key(value: Any) -> Any:
    """A list as the tuple it was: a list is no key of a dict."""
    return tuple(map(_as_key, value)) if isinstance(value, list) else value


def error_from(name: str, text: str) -> Exception:
    """The exception a service's error stands for: ``error_from("TimeoutError", "slow")``."""
    return BUILTIN_ERRORS.get(name, RuntimeError)(text)
