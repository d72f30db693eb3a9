"""What may cross between the learner's code and the world: JSON values, and names of services.

Practice and marks cross the same border, so an answer meets the same values in both: a tuple
arrives as a list, a service is a name that the learner's side turns into an object with methods.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from asynclab.seeds import seed_of

#: A dict with one of these keys is a reference or a marked value; an ordinary dict never has such a key.
SERVICE = "$service"
CALLABLE = "$callable"
OBJECT = "$object"
RNG = "$rng"
NAMED = "$named"
_DICT = "$dict"
_ERROR = "$error"
_CLASS = "$class"

#: Deeper nesting is refused: nobody's answer needs it and parsers recurse.
MAX_DEPTH = 50

#: So many values and characters may be in one value, all the way down: nobody's answer needs more.
MAX_SIZE = 250_000

#: Python refuses to write whole numbers of more than 4,300 digits, which are 14,284 bits.
MAX_BITS = 10_000

#: Where an object lies, as `repr` says it.
_IN_MEMORY = re.compile(r" at 0x[0-9a-fA-F]{6,}")

#: The exceptions that cross by name, so that `except ConnectionError` works on the other side.
BUILTIN_ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (
        Exception,
        ArithmeticError,
        AssertionError,
        AttributeError,
        ConnectionError,
        ConnectionRefusedError,
        ConnectionResetError,
        IndexError,
        InterruptedError,
        KeyError,
        LookupError,
        MemoryError,
        NotImplementedError,
        OSError,
        OverflowError,
        PermissionError,
        RuntimeError,
        StopAsyncIteration,
        TimeoutError,
        TypeError,
        ValueError,
        ZeroDivisionError,
    )
}


class Uncrossable(TypeError):
    """A value that is no JSON value; its text says which and of what type."""


class Reference:
    """What never crosses itself: a name crosses in its place."""

    def reference(self) -> dict[str, Any]:
        """What crosses the link in place of this."""
        raise NotImplementedError


class Named(dict[str, Any], Reference):
    """The named arguments of a call, which cross the link as its last argument."""

    def reference(self) -> dict[str, Any]:
        return {NAMED: encode(dict(self))}


def with_named(args: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, ...]:
    """Positional and named arguments as one sequence; see `split_named`."""
    return (*args, Named(named)) if named else tuple(args)


def split_named(args: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments out of what `with_named` made.

    >>> split_named(decode(encode(with_named(["a"], {"limit": 3}))))
    (['a'], {'limit': 3})
    """
    return (args[:-1], dict(args[-1])) if args and isinstance(args[-1], Named) else (args, {})


def encode(value: object) -> Any:
    """`value` as plain JSON data, copied, so that neither side can change the other's.

    >>> encode(("a", 1)), encode({1: "one"})
    (['a', 1], {'$dict': [[1, 'one']]})

    Raises `Uncrossable` for what is no JSON value: NaN, a coroutine, a set, an object.
    """
    if type(value) is str and len(value) < MAX_SIZE:  # as most are
        return _whole(value)
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
            return _whole(str.__str__(value))
        if issubclass(kind, int):
            return _writable(int.__int__(value))
        if issubclass(kind, float):
            return _finite(float.__float__(value))
        if depth > MAX_DEPTH:
            raise Uncrossable(f"a value nested more than {MAX_DEPTH} levels deep")
        if issubclass(kind, list):
            return [self.of(item, depth + 1) for item in list.__iter__(value)]
        if issubclass(kind, tuple):
            return self._tuple(value, depth)
        if issubclass(kind, Reference):
            return value.reference()
        if issubclass(kind, dict):
            return self._dict(dict.items(value), depth)
        return _marked(value)

    def _tuple(self, value: tuple[Any, ...], depth: int) -> Any:
        items = list(tuple.__iter__(value))
        if items and all(map(_is_error_class, items)):
            return {_CLASS: [stands_for(item) for item in items]}  # stays a tuple, for an `except`
        return [self.of(item, depth + 1) for item in items]

    def _dict(self, items: Iterable[tuple[Any, Any]], depth: int) -> dict[str, Any]:
        plain = [(self.of(key, depth + 1), self.of(item, depth + 1)) for key, item in items]
        if all(type(key) is str and not key.startswith("$") for key, _ in plain):
            return dict(plain)
        return {_DICT: [list(item) for item in plain]}

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > MAX_SIZE:
            raise Uncrossable(f"more than {MAX_SIZE:,} values and characters")


def _marked(value: Any) -> dict[str, Any]:
    """What is no JSON value, but stands for something that the other side has too."""
    kind = type(value)
    if issubclass(kind, asyncio.CancelledError | Exception):
        return {_ERROR: [stands_for(kind), text_of(value)]}
    if _is_error_class(value):
        return {_CLASS: stands_for(value)}
    if issubclass(kind, random.Random):
        return {RNG: seed_of(value.getrandbits(128), bits=64)}  # which says nothing of its next draws
    raise Uncrossable(describe(value))


def _is_error_class(value: object) -> bool:
    return issubclass(type(value), type) and issubclass(value, asyncio.CancelledError | Exception)  # type: ignore[arg-type]


def _whole(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Uncrossable("a text with half of a surrogate pair in it, which no file can hold") from None
    return value


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


def decode(data: Any, refer: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The value that `encode` wrote; `refer` makes an object of a reference, e.g. to a service.

    >>> decode({"$dict": [[1, "one"]]}), decode({"$error": ["ValueError", "too big"]})
    ({1: 'one'}, ValueError('too big'))
    """
    if isinstance(data, list):
        return [decode(item, refer) for item in data]
    if not isinstance(data, dict):
        return data
    if refer is not None and not {SERVICE, CALLABLE, OBJECT}.isdisjoint(data):
        return refer(data)
    if _DICT in data:
        return {_hashable(decode(key, refer)): decode(item, refer) for key, item in data[_DICT]}
    if _ERROR in data:
        return error_from(*data[_ERROR])
    if _CLASS in data:
        names = data[_CLASS]
        return _class_from(names) if isinstance(names, str) else tuple(map(_class_from, names))
    if NAMED in data:
        return Named(decode(data[NAMED], refer))
    if RNG in data:
        return random.Random(data[RNG])
    return {key: decode(item, refer) for key, item in data.items()}


def _hashable(key: Any) -> Any:
    """A key as it was: a tuple, which crossed as a list."""
    return tuple(map(_hashable, key)) if isinstance(key, list) else key


def stands_for(kind: type[BaseException]) -> str:
    """The builtin exception that a class stands for, by name: a learner's own crosses as its base."""
    names = (base.__name__ for base in kind.__mro__)
    return next(name for name in names if name in BUILTIN_ERRORS or name == "CancelledError")


def text_of(error: BaseException) -> str:
    """An exception's text, at most 500 characters; a KeyError's without the quotes that Python adds."""
    try:
        text = error.args[0] if isinstance(error, KeyError) and len(error.args) == 1 else error
        return without_addresses(str.__getitem__(str(text), slice(500)))
    except BaseException as broken:
        return f"(its text cannot be read: {type(broken).__name__})"


def without_addresses(text: str) -> str:
    """A text that is the same in each run: ``<Future at 0x7f6... >`` says where it lies in memory.

    >>> without_addresses("CANCELLED: <Future at 0x7f66c1fe78d0 state=cancelled>")
    'CANCELLED: <Future state=cancelled>'
    """
    return _IN_MEMORY.sub("", text)


def error_from(name: str, text: str) -> BaseException:
    """The exception a service's error stands for: ``error_from("TimeoutError", "slow")``."""
    kind = _class_from(name)
    return kind(text) if text else kind()


def _class_from(name: str) -> type[BaseException]:
    return asyncio.CancelledError if name == "CancelledError" else BUILTIN_ERRORS.get(name, RuntimeError)
