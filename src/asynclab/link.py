"""What may cross between the learner's code and the world: JSON values, and names of services.

Practice and marks cross the same border, so an answer meets the same values in both: a tuple
arrives as a list, a service is a name that the learner's side turns into an object with methods.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

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

#: Python refuses to write whole numbers of more than 4,300 digits, which are 14,284 bits.
MAX_BITS = 10_000

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


class Named(dict[str, Any]):
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


def encode(value: object, depth: int = 0) -> Any:
    """`value` as plain JSON data, copied, so that neither side can change the other's.

    >>> encode(("a", 1)), encode({1: "one"})
    (['a', 1], {'$dict': [[1, 'one']]})

    Raises `Uncrossable` for what is no JSON value: NaN, a coroutine, a set, an object.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _whole(value)
    if kind is int:
        return _writable(value)
    if kind is float:
        return _finite(value)
    if depth > MAX_DEPTH:
        raise Uncrossable(f"a value nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, tuple) and value and all(map(_is_error_class, value)):
        return {_CLASS: [stands_for(item) for item in value]}  # stays a tuple, for an `except`
    if kind is list or kind is tuple:
        return [encode(item, depth + 1) for item in value]  # type: ignore[attr-defined]
    if kind is dict:
        return _encode_dict(value, depth)  # type: ignore[arg-type]
    if hasattr(value, "reference"):
        return value.reference()
    if isinstance(value, str | int | float | list | tuple | dict):
        return _encode_subclass(value, depth)
    if isinstance(value, asyncio.CancelledError | Exception):
        return {_ERROR: [stands_for(type(value)), text_of(value)]}
    if _is_error_class(value):
        return {_CLASS: stands_for(value)}  # type: ignore[arg-type]
    if isinstance(value, random.Random):
        return {RNG: value.getrandbits(64)}
    raise Uncrossable(describe(value))


def _is_error_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, asyncio.CancelledError | Exception)


def _whole(value: Any) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Uncrossable("a text with half of a surrogate pair in it, which no file can hold") from None
    return str(value)


def _writable(value: Any) -> int:
    if value.bit_length() <= MAX_BITS:
        return int(value)
    raise Uncrossable(
        f"a whole number of {value.bit_length():,} bits; at most {MAX_BITS:,} can be written down"
    )


def _finite(value: Any) -> float:
    if math.isfinite(value):
        return float(value)
    raise Uncrossable(f"{value!r}, which is no number one can compare with")


def _encode_dict(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    items = [(encode(key, depth + 1), encode(item, depth + 1)) for key, item in value.items()]
    if all(type(key) is str and not key.startswith("$") for key, _ in items):
        return dict(items)
    return {_DICT: [list(item) for item in items]}


def _encode_subclass(value: Any, depth: int) -> Any:
    """The plain value under a subclass, without asking any method that the subclass may have replaced."""
    if isinstance(value, str):
        return _whole(str.__str__(value))
    if isinstance(value, int):
        return _writable(int.__int__(value))
    if isinstance(value, float):
        return _finite(float.__float__(value))
    if isinstance(value, dict):
        return _encode_dict(dict(dict.items(value)), depth)
    plain = list if isinstance(value, list) else tuple
    return [encode(item, depth + 1) for item in plain.__iter__(value)]


def describe(value: object) -> str:
    """What a value is, for a sentence: ``a coroutine of `store.get```, ``a value of type `set```."""
    kind = type(value).__name__
    if kind in ("coroutine", "generator", "async_generator"):
        article = "an" if kind[0] in "aeiou" else "a"
        return f"{article} {kind.replace('_', ' ')} (`{getattr(value, '__qualname__', '?')}`)"
    if isinstance(value, asyncio.Future):
        return f"{'a task' if isinstance(value, asyncio.Task) else 'a future'}, not its result"
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
        if isinstance(error, KeyError) and len(error.args) == 1:
            return str(error.args[0])[:500]
        return str(error)[:500]
    except Exception as broken:
        return f"(its text cannot be read: {type(broken).__name__})"


def error_from(name: str, text: str) -> BaseException:
    """The exception a service's error stands for: ``error_from("TimeoutError", "slow")``."""
    kind = _class_from(name)
    return kind(text) if text else kind()


def _class_from(name: str) -> type[BaseException]:
    return asyncio.CancelledError if name == "CancelledError" else BUILTIN_ERRORS.get(name, RuntimeError)
