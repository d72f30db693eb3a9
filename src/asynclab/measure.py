"""One fact about a run, and the comparison that makes a requirement of it.

A requirement is (what was seen, a comparison, a sentence). Its message says the fact with its
numbers and witnesses, and its interval is what the picture marks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

#: Times compare within a microsecond, because a right answer may add floats.
TIME_TOLERANCE = 1e-6

Interval = tuple[float, float]


@dataclass(frozen=True)
class Requirement:
    """One sentence that was asked, and whether it holds."""

    text: str
    holds: bool
    message: str  # what was seen and what was asked, when it does not hold
    gate: bool
    weight: float
    interval: Interval | None = None


@dataclass(frozen=True, eq=False)
class Measure:
    """A number that the world saw, e.g. the most calls in flight.

    `asked` turns the number that was asked for into half a sentence, for each comparison. Compare
    with ``==`` and ``<`` in an `explain`; `equals`, `at_most` and `at_least` make requirements.
    """

    value: float
    saw: str
    asked: Callable[[str, float], str]
    require: Callable[[Requirement], None]
    witnesses: str = ""
    interval: Callable[[float], Interval | None] = lambda bound: None
    tolerance: float = 0.0

    def equals(self, expected: float, text: str, *, gate: bool = False, weight: float = 1.0) -> None:
        """Require exactly this, within the tolerance for times."""
        self._require(abs(self.value - expected) <= self.tolerance, "equals", expected, text, gate, weight)

    def at_most(self, bound: float, text: str, *, gate: bool = False, weight: float = 1.0) -> None:
        self._require(self.value <= bound + self.tolerance, "at_most", bound, text, gate, weight)

    def at_least(self, bound: float, text: str, *, gate: bool = False, weight: float = 1.0) -> None:
        self._require(self.value >= bound - self.tolerance, "at_least", bound, text, gate, weight)

    def _require(
        self, holds: bool, comparison: str, bound: float, text: str, gate: bool, weight: float
    ) -> None:
        message = "" if holds else f"{self.saw}, {self.asked(comparison, bound)}{self.witnesses}"
        self.require(Requirement(text, holds, message, gate, weight, None if holds else self.interval(bound)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and abs(self.value - other) <= self.tolerance

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: float) -> bool:
        return self.value < other - self.tolerance

    def __gt__(self, other: float) -> bool:
        return self.value > other + self.tolerance

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Value:
    """What a run returned or yielded, or, in `instead`, what it did instead."""

    value: Any
    instead: str
    require: Callable[[Requirement], None]
    verb: str = "returned"

    def equals(
        self, expected: Any, text: str, *, within: float = 0.0, gate: bool = False, weight: float = 1.0
    ) -> None:
        """Require this value, of this type: ``1`` is not ``True``, a tuple is a list, an error is its text.

        Floats may differ by `within`.
        """
        message = self._instead_of(expected) or difference(self.value, expected, self.verb, within)
        self.require(Requirement(text, not message, message, gate, weight))

    def equals_in_any_order(
        self, expected: Sequence[Any], text: str, *, gate: bool = False, weight: float = 1.0
    ) -> None:
        """Require these items, in whichever order."""
        in_order = self.value
        if isinstance(self.value, list):
            in_order = _reordered_like(self.value, expected)
        message = self._instead_of(expected) or difference(in_order, expected, self.verb)
        self.require(Requirement(text, not message, message, gate, weight))

    def is_(self, expected: Any) -> bool:
        """For an `explain`: whether it is this value, of this type."""
        return not self.instead and same(self.value, expected)

    def _instead_of(self, expected: Any) -> str:
        if self.instead.startswith(self.verb) and not self.instead.endswith("?"):
            return f"{self.instead}, where {shown(expected)} was expected"
        return self.instead


def _reordered_like(items: list[Any], expected: Sequence[Any]) -> list[Any]:
    """The items in the order of `expected` as far as they are in it, the others after them."""
    places: dict[Hashable, deque[int]] = {}
    for index, item in enumerate(items):
        places.setdefault(_key(item), deque()).append(index)
    found = [at.popleft() for wanted in expected if (at := places.get(_key(wanted)))]
    left = sorted(index for at in places.values() for index in at)
    return [items[index] for index in (*found, *left)]


def _key(value: Any) -> Hashable:
    """What is equal for values that are the `same`, and only for them. An answer may be a long list."""
    if isinstance(value, list | tuple):
        return ("list", *map(_key, value))
    if isinstance(value, dict):
        return ("dict", frozenset((key, _key(item)) for key, item in value.items()))
    if isinstance(value, BaseException) or not isinstance(value, Hashable):
        return type(value).__name__, repr(value)
    return type(value), value


def same(left: Any, right: Any, within: float = 0.0) -> bool:
    """Equal and of equal types, all the way down; a tuple counts as a list, floats may differ by `within`."""
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(same(*pair, within) for pair in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key], within) for key in left)
    if isinstance(left, BaseException) and isinstance(right, BaseException):
        return repr(left) == repr(right)
    if type(left) is float and type(right) is float:
        return left == right or abs(left - right) <= within
    return type(left) is type(right) and bool(left == right)


def difference(value: Any, expected: Any, verb: str, within: float = 0.0) -> str:
    """The first difference as a sentence; "" when there is none.

    >>> difference([1, 2], [2, 1], "returned")
    'returned the right values in another order: 1 stands first, 2 was expected there'
    """
    if same(value, expected, within):
        return ""
    if value is None:
        return f"{verb} None, where {shown(expected)} was expected: is a `return` missing?"
    if isinstance(expected, list | tuple) and isinstance(value, list):
        return _list_difference(value, list(expected), verb, within)
    if isinstance(expected, dict) and isinstance(value, dict):
        return _dict_difference(value, expected, verb, within)
    seen, wanted = _shown_apart(value, expected)
    return f"{verb} {seen}, where {wanted} was expected"


def _list_difference(value: list[Any], expected: list[Any], verb: str, within: float) -> str:
    if len(value) != len(expected):
        were = "was" if len(expected) == 1 else "were"
        counts = f"{_items(len(value))}, where {_items(len(expected))} {were} expected"
        return f"{verb} {counts}{_missing(value, expected)}"
    pairs = enumerate(zip(value, expected, strict=True))
    index = next(index for index, pair in pairs if not same(*pair, within))
    reordered = same(_reordered_like(value, expected), expected)
    seen, wanted = _shown_apart(value[index], expected[index])
    return (
        f"{verb} the {'right values in another order' if reordered else 'wrong values'}: "
        f"{seen} stands {_ordinal(index)}, {wanted} was expected there"
    )


def _dict_difference(value: dict[Any, Any], expected: dict[Any, Any], verb: str, within: float) -> str:
    for key, wanted in expected.items():
        if key not in value:
            return f"{verb} a dict without the key {shown(key)}, where {shown(wanted)} was expected"
        if not same(value[key], wanted, within):
            seen, due = _shown_apart(value[key], wanted)
            return f"{verb} {seen} for the key {shown(key)}, where {due} was expected"
    more = next(key for key in value if key not in expected)
    return f"{verb} a dict with the key {shown(more)}, which was not expected"


def _missing(value: list[Any], expected: list[Any]) -> str:
    """The first of the expected values that is not there."""
    there = set(map(_key, value))
    for wanted in expected:
        if _key(wanted) not in there:
            return f" ({shown(wanted)} is missing)"
    return ""


def _items(count: int) -> str:
    return f"{count:,} value{'' if count == 1 else 's'}"


def _ordinal(index: int) -> str:
    return ("first", "second", "third")[index] if index < 3 else f"at position {index + 1}"


#: Longer values are cut in a sentence.
_WIDTH = 60


def shown(value: Any) -> str:
    """A value for a sentence, cut when it is long."""
    return _cut(_start_of(value), 0)


def _shown_apart(left: Any, right: Any) -> tuple[str, str]:
    """Two values for a sentence, cut so that they look different."""
    texts = _start_of(left), _start_of(right)
    shown = _cut(texts[0], 0), _cut(texts[1], 0)
    if shown[0] != shown[1]:
        return shown
    texts = repr(left), repr(right)
    first = next((at for at, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1]), 0)
    return _cut(texts[0], first - 20), _cut(texts[1], first - 20)


def _start_of(value: Any) -> str:
    """The `repr`, or as much of it as can be shown: a value may be very long."""
    return repr(value[: 2 * _WIDTH] if isinstance(value, list | tuple | str) else value)


def _cut(text: str, start: int) -> str:
    if start <= 0:
        return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."
    return f"...{_cut(text[start:], 0)}"
