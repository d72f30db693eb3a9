"""Virtual clients: who calls the learner's objects, when, and for how long they wait.

The world makes the calls and measures them, so latency, status and missed deadlines are its own
observations. Open-loop clients arrive at their times whatever happens; closed-loop clients send
their next request after the answer to the last one and a time to think.
"""

from __future__ import annotations

import math
import random
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from asynclab.link import OBJECT, Reference
from asynclab.quantiles import nearest_rank


@dataclass(frozen=True)
class Made(Reference):
    """Something that lives on the learner's side, and here is a number.

    An object of a class of the learner's or of a fixture, a function of the learner's itself, or the
    function or class that is the reference answer to an exercise. An object may be one `of` the latter.
    """

    number: int
    kind: Literal["object", "fixture", "itself", "reference"]
    name: str
    args: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()
    of: Made | None = None

    def reference(self) -> dict[str, Any]:
        """What crosses the link in its place."""
        return {OBJECT: self.number}


@dataclass
class Invocation:
    """One call of a method of the learner's object, as the client sees it. Times are in seconds.

    `how` is "open" until it ends: "reply", "error", or "departed" when the client's patience ran out.
    """

    id: int
    target: Made | None  # None for a fixture, which is called as a function
    method: str
    args: tuple[Any, ...]
    at: float
    patience: float | None = None
    then: Callable[[Invocation], None] | None = field(default=None, repr=False)
    end: float | None = None
    how: str = "open"
    value: Any = None  # the reply, or the error's text
    error: str = ""  # the error's type

    @property
    def latency(self) -> float:
        """Seconds from the arrival to the end; infinite while it is open."""
        return float("inf") if self.end is None else self.end - self.at


class Totals:
    """What became of all requests so far, in bounded memory: eight bytes for each answered one."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()  # by how it ended: reply, error, departed
        self.latencies = array("d")  # seconds, of the replies, in the order of their ends

    def add(self, invocation: Invocation) -> None:
        self.count[invocation.how] += 1
        if invocation.how == "reply":
            self.latencies.append(invocation.latency)

    def quantile(self, q: float) -> float:
        """The latency in seconds that a part `q` of the replies did not exceed (nearest rank)."""
        ordered = sorted(self.latencies)
        return nearest_rank(ordered, q) if ordered else math.inf


def poisson(dice: random.Random, rate: float, until: float, start: float = 0.0) -> Iterator[float]:
    """Arrival times in seconds, `rate` a second on average, with exponential gaps, before `until`."""
    at = start
    while (at := at + dice.expovariate(rate)) < until:
        yield at


def burst(count: int, at: float) -> Iterator[float]:
    """`count` arrivals at one instant."""
    yield from (at for _ in range(count))


def evenly(rate: float, until: float, start: float = 0.0) -> Iterator[float]:
    """Arrivals at equal distances, the first at `start`."""
    for number in range(round((until - start) * rate)):
        yield start + number / rate
