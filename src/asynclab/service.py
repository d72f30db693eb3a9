"""What the learner's code can call: stores, replicas, models, sources and sinks."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from asynclab.link import CALLABLE, SERVICE, Reference, decode
from asynclab.narrate import format_seconds
from asynclab.record import NS
from asynclab.seeds import dice_of, fraction_of

Dice = random.Random
Latency = float | Mapping[str, float] | Callable[..., float]
Failure = (
    Exception
    | asyncio.CancelledError
    | Mapping[str, Exception]
    | Callable[[Any, int], BaseException | None]
    | None
)

#: How a service is called: awaited, or in its blocking form, where the caller's thread is asleep or computes.
Form = Literal["await", "sleep", "python", "native"]

Knee = int | Callable[[float], int] | None


def to_ns(duration: float) -> int:
    """Seconds as integer nanoseconds, so that ten times 0.1 s is exactly 1.0 s."""
    return round(duration * NS)


@dataclass(frozen=True)
class Quota:
    """At most `rate` calls a second, after a burst of `burst`; the others are refused at once."""

    rate: float
    burst: int = 1


class Service(Reference):
    """Something that answers after a while.

    `latency` is in seconds: one number, one per first argument, or ``latency(dice, *arguments)``, for
    what is drawn or depends on how much is asked for.
    `fail` is the exception it answers with: always, for some first arguments, or as
    ``fail(first_argument, attempt)`` says, attempts counted from 1.
    `keys` are the first arguments it knows, when that is to be judged; others get a KeyError.
    `capacity` is how many calls it works on at once; the others wait in line. None means any number.
    `knee` is how many calls it works on at full speed: with twice as many, each takes twice as long. A
    function gives it for a time in seconds.
    `outages` are stretches of time, (from, until) in seconds, in which every call fails with ConnectionError.
    `quota` refuses calls beyond a rate with ``RuntimeError("429 Too Many Requests")``.
    `form` is "await" for a coroutine method; the blocking forms hold the calling thread, and the
    latency is then time asleep or work for one core, with the GIL ("python") or without ("native").
    `items` makes it a source: each call without arguments takes the next item, until they are used up.
    `instant` names the methods that take no time, whatever the latency.
    """

    def __init__(
        self,
        name: str,
        *,
        seed: int,
        methods: Mapping[str, Sequence[str]],
        latency: Latency = 0.1,
        fail: Failure = None,
        reply: Callable[..., Any] | None = None,
        keys: Sequence[str] | None = None,
        capacity: int | None = None,
        knee: Knee = None,
        outages: Sequence[tuple[float, float]] = (),
        quota: Quota | None = None,
        form: Form = "await",
        items: Sequence[Any] | None = None,
        instant: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.methods = {method: list(parameters) for method, parameters in methods.items()}
        self.capacity = capacity
        self.instant = instant
        self._knee = knee
        self.form = form
        self.in_service = 0
        self.line: OrderedDict[int, None] = OrderedDict()  # calls that wait, the first first
        self._seed = seed
        self._latency = latency
        self._fail = fail
        self._reply = reply
        self._keys = tuple(latency) if keys is None and isinstance(latency, Mapping) else keys
        self._outages = [(to_ns(begin), to_ns(end)) for begin, end in outages]
        self._quota = quota
        self._tokens = 0.0 if quota is None else float(quota.burst)
        self._tokens_at = 0
        self._left = None if items is None else deque(items)
        self._attempts: dict[str, int] = {}

    def reference(self) -> dict[str, Any]:
        """What crosses the link in place of the service."""
        return {
            SERVICE: self.name,
            "methods": self.methods,
            "form": self.form,
            "source": self._left is not None,
        }

    def bound(self, method: str, *args: Any) -> Bound:
        """The method as a function to hand to the learner, with its first arguments already given."""
        return Bound(self, method, args)

    def dice(self, *key: Any) -> Dice:
        """Dice that depend on what is asked, never on the order in which it is asked."""
        return dice_of(self._seed, self.name, *key)

    def reply(self, *args: Any, method: str = "") -> Any:
        """What the service answers to these arguments, whenever it is asked; by its first method, or this."""
        asked = ("reply", args, *self._other(method))
        if self._reply is None:
            return round(fraction_of(self._seed, self.name, *asked), 6)
        return self._reply(self.dice(*asked), *args)

    def latency_of(self, *args: Any, attempt: int = 1, method: str = "") -> float:
        """Seconds that a call with these arguments takes, once the service works on it, at full speed."""
        if callable(self._latency):
            return self._latency(self.dice("latency", args, attempt, *self._other(method)), *args)
        if isinstance(self._latency, Mapping):
            return float(self._latency[args[0]]) if self._knows(args) else self.slowest
        return float(self._latency)

    def failure_of(self, *args: Any, attempt: int = 1) -> BaseException | None:
        """The exception that a call with these arguments ends in, if any."""
        if not self._knows(args):
            return KeyError(f"{self.name} has no {decode(args[0]) if args else ''!r}")
        if callable(self._fail):
            return self._fail(args[0] if args else None, attempt)
        if isinstance(self._fail, Mapping):
            return next((error for key, error in self._fail.items() if args and args[0] == key), None)
        return self._fail

    def knee_at(self, now: int) -> int | None:
        """How many calls it works on at full speed at this instant (ns)."""
        return self._knee(now / NS) if callable(self._knee) else self._knee

    def down_at(self, now: int) -> bool:
        """Whether an outage covers this instant (ns)."""
        return any(begin <= now < end for begin, end in self._outages)

    def admits(self, now: int) -> bool:
        """Whether the quota has room for one more call at this instant (ns); takes the room."""
        if self._quota is None:
            return True
        earned = (now - self._tokens_at) / NS * self._quota.rate
        self._tokens = min(float(self._quota.burst), self._tokens + earned)
        self._tokens_at = now
        if self._tokens < 1.0 - 1e-9:
            return False
        self._tokens -= 1.0
        return True

    @property
    def is_source(self) -> bool:
        return self._left is not None

    def next_item(self) -> Any:
        """The next item of a source; raises `StopAsyncIteration` when there is none left."""
        if not self._left:
            raise StopAsyncIteration
        return self._left.popleft()

    @property
    def slowest(self) -> float:
        """The longest latency in seconds, for a service with fixed latencies."""
        if callable(self._latency):
            raise TypeError(f"{self.name!r} draws its latencies; there is no slowest one to compare with")
        if isinstance(self._latency, Mapping):
            return max(map(float, self._latency.values()))
        return float(self._latency)

    def describe(self) -> str:
        """How long it takes and how it fails, for a sentence; "" when that is drawn anew for each call."""
        if callable(self._latency):
            return ""
        times = [self.slowest]
        if isinstance(self._latency, Mapping):
            times = sorted(map(float, self._latency.values()))
        after = f"{format_seconds(times[0])} to {format_seconds(times[-1])}"
        if len(times) <= 4:
            *others, last = map(format_seconds, times)
            after = " and ".join(filter(None, [", ".join(others), last]))
        return f"{self.name} {'fails' if isinstance(self._fail, Exception) else 'answers'} after {after}"

    def _other(self, method: str) -> tuple[str, ...]:
        """The method, when it is not the first: nothing is drawn for two of them alike."""
        return () if method in ("", next(iter(self.methods))) else (method,)

    def attempt(self, method: str, args: Sequence[Any]) -> int:
        """How often the method has been called with these arguments, this time included."""
        if not callable(self._latency) and not callable(self._fail):
            return 1  # nothing depends on it, so nobody counts
        key = f"{method} {args!r}"  # plain JSON data, so equal texts are equal arguments
        self._attempts[key] = self._attempts.get(key, 0) + 1
        return self._attempts[key]

    def _knows(self, args: Sequence[Any]) -> bool:
        return self._keys is None or bool(args and args[0] in self._keys)


@dataclass(frozen=True)
class Bound(Reference):
    """A method of a service as a function, e.g. one of the `calls` that an answer is to make."""

    service: Service
    method: str
    args: tuple[Any, ...]

    def reference(self) -> dict[str, Any]:
        """What crosses the link in its place."""
        return {CALLABLE: self.service.reference(), "method": self.method, "args": list(self.args)}
