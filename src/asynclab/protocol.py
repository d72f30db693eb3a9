"""What the learner's side may say to the world. Whatever it says is taken for hostile.

An operation is a list, ``["call", 1, 0, "store", "get", ["a"], "T1"]``: a word and its fields, of exactly
these types. Nothing in here trusts the sender, and nothing raises but `ProtocolError`.
"""

from __future__ import annotations

import itertools
import math
import reprlib
from typing import Any

from asynclab.link import BUILTIN_ERRORS, MAX_BITS

#: The fields after each word. `value` is what `link.encode` writes, and `args` is a list of such values.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "call": ("id", "lane", "service", "method", "args", "task"),
    "work": ("id", "lane", "service", "method", "args", "task", "line"),  # the same in a blocking form
    "cancel": ("id",),
    "block": ("lane", "why", "duration", "task", "line"),  # a lane sleeps or computes
    "wait": ("task", "line"),  # the loop's own thread waits for another lane ...
    "go on": ("task",),  # ... until here
    "job": ("id", "pool", "kind", "size", "name"),  # a thread or a process job is submitted ...
    "done": ("id",),  # ... and is over
    "drive": ("id",),  # the clients may come
    "answer": ("id", "how", "value", "error"),
    "item": ("value",),
    "print": ("text",),
    "noise": ("text",),
    "return": ("value",),
    "raise": ("kind", "text", "line"),
    "stop": ("why", "text", "line"),
    "close": (),
    "idle": ("until",),  # let time pass; nothing comes after it in a batch
}

_VALUES = (type(None), bool, int, float, str, list, dict)
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "lane", "size", "duration"), (int,)),
    "until": (int, type(None)),
    "args": (list,),
    "value": _VALUES,
}
_SHAPES = {
    word: frozenset(itertools.product(*(_TYPES.get(field, (str,)) for field in fields)))
    for word, fields in OPERATIONS.items()
}

#: Words with a field that may be any value.
_WITH_VALUES = frozenset(("answer", "item", "return"))

#: Words whose fields are only text to read; what cannot be written to a file is replaced in them.
_TEXTS = frozenset(("print", "noise", "raise", "stop"))

#: Numbers and times of the learner's side count up from 0; this is 146 years in nanoseconds.
_LIMIT = 2**62

#: `link.encode` goes 50 levels deep, and writes three levels for a dict with numbers as keys.
MAX_NESTING = 200

#: What a value of each type takes in memory, in bytes, with its place in a list.
_SCALAR, _TEXT, _CONTAINER = 32, 60, 72

#: So many bytes of an operation are free: of ordinary ones, the world limits the number.
_FREE = 512

#: The exceptions that cross the link by name.
_ERRORS = frozenset((*BUILTIN_ERRORS, "CancelledError"))

#: A reference to something of the world's that the learner's side sends back, and the other keys it has.
_REFERENCES = {
    "$service": {"methods", "form", "source"},
    "$callable": {"method", "args"},
    "$object": set[str](),
}


class ProtocolError(Exception):
    """The learner's side asked for something that the rules do not allow; its run ends."""


def check(operations: Any) -> int:
    """Refuse what is no batch of operations; how many bytes its large values take, about.

    >>> check([["call", 1, 0, "store", "get", ["a"], "T1"], ["idle", None]])
    0
    >>> check([["return", ["a" * 1000]]])
    620
    """
    if type(operations) is not list and type(operations) is not tuple:
        raise ProtocolError(f"{shown(operations)} is no list of operations")
    values: list[Any] = []
    word = ""
    for operation in operations:
        if word == "idle":
            raise ProtocolError(f"{shown(operation)} comes after idle in one batch")
        word = _word(operation)
        if word in _TEXTS:
            values += [readable(text, len(text)) for text in operation[1:]]
        elif word in _WITH_VALUES:
            values += operation[1:]
        else:
            for field in operation[1:]:
                if type(field) is not int:
                    values.append(field)
                elif not 0 <= field < _LIMIT:
                    raise ProtocolError(f"{shown(field)} is no number and no time of a run")
    return max(0, weigh(values) - _FREE * len(operations))


def _word(operation: Any) -> str:
    if (type(operation) is list or type(operation) is tuple) and operation:
        word = operation[0]
        if type(word) is str and word in _SHAPES:
            if tuple(map(type, operation[1:])) in _SHAPES[word]:
                return word
            has = ", ".join(OPERATIONS[word]) or "no fields"
            raise ProtocolError(f"{shown(operation)} is no operation: {word} has {has}")
    raise ProtocolError(f"{shown(operation)} is no operation")


def weigh(values: list[Any]) -> int:
    """The bytes that the values take; refuses one that `link.encode` does not write."""
    weight, depth, level = 0, 0, values
    while level:
        deeper: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                weight += _TEXT + len(item)
                if not item.isascii():
                    _check_text(item)
            elif kind is list:
                weight += _CONTAINER
                deeper += item
            elif kind is dict:
                weight += 3 * _CONTAINER
                deeper += item
                deeper += item.values()
                _check_marks(item)
            else:
                weight += _SCALAR
                if kind is int and item.bit_length() > MAX_BITS:
                    raise ProtocolError(f"a number has {item.bit_length():,} bits")
                if kind is float and not math.isfinite(item):
                    raise ProtocolError(f"{item!r} is no number")
        level, depth = deeper, depth + 1
        if depth > MAX_NESTING:
            raise ProtocolError(f"a value is nested more than {MAX_NESTING} levels deep")
    return weight


def _check_marks(value: dict[str, Any]) -> None:
    marks = [key for key in value if key.startswith("$")]
    if marks and not _is_marked_well(marks[0], value):
        raise ProtocolError(f"{shown(value)} is no value that crosses the link")


def _is_marked_well(mark: str, value: dict[str, Any]) -> bool:
    """Whether `link.decode` can read a dict in which this key begins with a "$"."""
    content = value[mark]
    if len(value) > 1 or mark == "$object":
        return set(value) - {mark} == _REFERENCES.get(mark) and _is_reference(mark, value)
    if mark == "$dict":
        return type(content) is list and all(
            type(pair) is list and len(pair) == 2 and _is_key(pair[0]) for pair in content
        )
    if mark == "$error":
        return type(content) is list and tuple(map(type, content)) == (str, str) and content[0] in _ERRORS
    if mark == "$class":
        names = content if type(content) is list else [content]
        return all(type(name) is str and name in _ERRORS for name in names)
    return mark == "$rng" and type(content) is int and content >= 0


def _is_reference(mark: str, value: dict[str, Any]) -> bool:
    if mark == "$service":
        return type(value[mark]) is str and type(value["methods"]) is dict
    if mark == "$callable":
        inner = value[mark]
        return type(inner) is dict and "$service" in inner and type(value["args"]) is list
    return type(value[mark]) is int


def _is_key(key: Any) -> bool:
    """Whether a value can be a key of a dict once it is decoded."""
    if type(key) is list:
        return all(map(_is_key, key))
    return type(key) is not dict or "$class" in key or "$error" in key


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ProtocolError(f"{shown(text)} is no text: it has half of a surrogate pair in it") from None


def readable(text: str, most: int) -> str:
    """The text cut to `most` characters, with a question mark for what can be written to no file."""
    return text[:most] if text.isascii() else text[:most].encode(errors="replace").decode()


def shown(value: Any) -> str:
    """A value for a sentence, short whatever it is."""
    return readable(_SHORT.repr(value), 200)


_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring, _SHORT.maxother = 3, 8, 4, 40, 60
