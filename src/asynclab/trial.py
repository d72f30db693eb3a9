"""One check of one answer in one world: the scene, the runs, and what is required of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from asynclab.link import decode
from asynclab.measure import TIME_TOLERANCE, Interval, Measure, Requirement, Value, shown
from asynclab.narrate import format_seconds, one_line
from asynclab.play import How
from asynclab.record import Call, Raised, Record, Returned, Stopped, seconds, together
from asynclab.world import Dice, Failure, Latency, Service, World


class Player(Protocol):
    """Where the learner's code is: in this process, or at the other end of a link."""

    def play(self, world: World, name: str, args: Sequence[Any], how: How) -> Record:
        """Run the learner's function of that name in the world."""


class Trial:
    """What an exercise's check is given: dice for the scene, and a way to run the learner's function.

    Choices are drawn from (seed, number); number 0 is the smallest scene, so that an answer which
    fails everywhere is shown where there is least to look at.
    """

    def __init__(self, player: Player, seed: int = 0, number: int = 0) -> None:
        self._player = player
        self._dice = random.Random(f"{seed}/{number}")
        self._smallest = number == 0
        self.seed = seed
        self.number = number
        self.world = self._new_world()
        self.runs: list[Run] = []

    # -- the scene

    def vary(self, low: float, high: float) -> float:
        """A number of seconds from low to high, in hundredths."""
        return round(self._dice.uniform(low, high), 2)

    def count(self, low: int, high: int) -> int:
        """A whole number from low to high; low in the smallest scene."""
        return low if self._smallest else self._dice.randint(low, high)

    def names(self, prefix: str, low: int, high: int) -> list[str]:
        """From low to high different names, in no order: ``["user-71", "user-12"]``."""
        return [f"{prefix}-{number}" for number in self._dice.sample(range(10, 100), self.count(low, high))]

    def latencies(self, count: int, low: float, high: float) -> list[float]:
        """`count` different numbers of seconds in no order, at least a twentieth of a second apart.

        The first is neither the shortest nor, from three on, the longest: the order of a list of
        services or keys must not be the order of their answers by luck.
        """
        steps = range(round(low * 20), round(high * 20) + 1)
        drawn = [step / 20 for step in self._dice.sample(steps, count)]
        middle = sorted(drawn)[min(1, count - 1)]
        drawn.remove(middle)
        return [middle, *drawn]

    def service(
        self,
        name: str,
        *,
        methods: Mapping[str, Sequence[str]] | None = None,
        latency: Latency = 0.1,
        fail: Failure = None,
        reply: Callable[[Dice, Any], Any] | None = None,
        keys: Sequence[str] | None = None,
        capacity: int | None = None,
    ) -> Service:
        """Put a service into the scene; see `World.service`."""
        return self.world.service(
            name, methods=methods, latency=latency, fail=fail, reply=reply, keys=keys, capacity=capacity
        )

    def new_scene(self) -> None:
        """Begin another scene, with a clock at 0 and no services, for another run in the same check."""
        self.world = self._new_world()

    def _new_world(self) -> World:
        return World(seed=self._dice.getrandbits(32))

    # -- the runs

    def call(self, name: str, *args: Any) -> Run:
        """Run ``await name(*args)`` in the scene."""
        return self._play(name, args, "await")

    def iterate(self, name: str, *args: Any) -> Run:
        """Run ``async for item in name(*args)`` in the scene to the end."""
        return self._play(name, args, "iterate")

    def _play(self, name: str, args: Sequence[Any], how: How) -> Run:
        run = Run(name, self._player.play(self.world, name, args, how))
        self.runs.append(run)
        return run


class Run:
    """One run of the learner's function: measures of its record, and what is required of them."""

    def __init__(self, name: str, record: Record) -> None:
        self.name = name
        self.record = record
        self.requirements: list[Requirement] = []
        self.causes: list[str] = []

    # -- what it gave

    @property
    def value(self) -> Value:
        """What the function returned."""
        outcome = self.record.outcome
        value = decode(outcome.value) if isinstance(outcome, Returned) else None
        return Value(value, self._instead(), self.requirements.append)

    @property
    def items(self) -> Value:
        """What the async generator yielded, in order."""
        return Value(
            [decode(value) for _, value in self.record.items],
            self._instead(),
            self.requirements.append,
            "yielded",
        )

    def raises(
        self, kind: type[Exception], said: str, text: str, *, gate: bool = False, weight: float = 1.0
    ) -> None:
        """Require that the function ended in this exception with this text."""
        outcome = self.record.outcome
        holds = isinstance(outcome, Raised) and (outcome.type, outcome.text.strip("'\"")) == (
            kind.__name__,
            said,
        )
        message = f"{self.ending}, where {kind.__name__}: {said} was expected"
        self.requirements.append(Requirement(text, holds, "" if holds else message, gate, weight))

    @property
    def ending(self) -> str:
        """How it ended, for a sentence: "returned 3", "raised KeyError: 'x' at line 2"."""
        outcome = self.record.outcome
        return (
            f"returned {shown(decode(outcome.value))}" if isinstance(outcome, Returned) else self._instead()
        )

    def _instead(self) -> str:
        outcome = self.record.outcome
        if isinstance(outcome, Stopped):
            return f"was stopped: {outcome.text}"
        if not isinstance(outcome, Raised):
            return ""
        if outcome.type == "Uncrossable":
            asks = outcome.text.endswith("?") or not self.returned_unawaited
            return f"returned {outcome.text}" + ("" if asks else ": is an `await` missing?")
        return (
            f"raised {outcome.type}"
            + (f": {one_line(outcome.text, 200)}" if outcome.text else "")
            + (f" at {outcome.line}" if outcome.line else "")
        )

    # -- what the world saw

    @property
    def elapsed(self) -> Measure:
        """Seconds until the function ended."""
        took = self.record.elapsed
        return Measure(
            took,
            f"it took {format_seconds(took)}",
            _asked_time,
            self.requirements.append,
            interval=lambda bound: (min(bound, took), max(bound, took)),
            tolerance=TIME_TOLERANCE,
        )

    def item_delay(self, ready: Sequence[float]) -> Measure:
        """The longest that an item was held back, in seconds; the first could come at ``ready[0]``."""
        late = [
            (at - soonest, soonest, at) for (at, _), soonest in zip(self.record.items, ready, strict=False)
        ]
        delay, soonest, at = max(late, default=(0.0, 0.0, 0.0))
        return Measure(
            delay,
            f"an item that could be had at {format_seconds(soonest)} came at {format_seconds(at)}",
            lambda comparison, bound: (
                "nothing was in its way" if bound == 0 else _asked_time(comparison, bound)
            ),
            self.requirements.append,
            interval=lambda bound: (soonest, at),
            tolerance=TIME_TOLERANCE,
        )

    def peak(self, *services: Service) -> Measure:
        """The most calls in flight together."""
        peak = self.record.peak(*_names(services))
        return Measure(
            peak.count,
            f"{_the(services)} saw {peak.count} at most",
            _asked_count("was asked for", "were asked for"),
            self.requirements.append,
            witnesses=self._peak_witnesses(services),
            interval=lambda bound: _common_interval(peak.calls, self.record),
        )

    def _peak_witnesses(self, services: Sequence[Service]) -> str:
        peak = self.record.peak(*_names(services))
        if peak.count > 1:
            return f" ({together(peak.calls)} at {format_seconds(peak.at)})"
        if len(self.record.calls(*_names(services))) > 1:
            return " (each started when the one before it had ended)"
        return ""

    def calls(self, *services: Service) -> Measure:
        """How many calls were made."""
        calls = self.record.calls(*_names(services))
        return Measure(
            len(calls),
            f"{_the(services)} saw {_counted(len(calls), 'call')}",
            _asked_count("is enough", "were expected"),
            self.requirements.append,
            witnesses=_repeated(calls),
        )

    def left_running(self, *services: Service) -> Measure:
        """How many calls were still in flight when the function ended."""
        left = self.record.in_flight_at_return(*_names(services))
        was = "call was" if len(left) == 1 else "calls were"
        return Measure(
            len(left),
            f"{len(left)} {was} still in flight when it returned",
            _asked_count("is allowed", "are allowed"),
            self.requirements.append,
            witnesses=f" ({_by_service(left)})" if left else "",
            interval=lambda bound: (self.record.elapsed, seconds(self.record.last_ns)),
        )

    @property
    def loop_blocked(self) -> Measure:
        """Seconds in which nothing else could run."""
        blocks = self.record.blocks
        return Measure(
            self.record.loop_blocked,
            f"the event loop was blocked for {format_seconds(self.record.loop_blocked)}",
            _asked_time,
            self.requirements.append,
            witnesses=f" ({blocks[0].line})" if blocks and blocks[0].line else "",
            interval=lambda bound: (
                (seconds(blocks[0].start_ns), seconds(blocks[-1].end_ns)) if blocks else None
            ),
            tolerance=TIME_TOLERANCE,
        )

    # -- facts for an explain

    @property
    def returned_coroutine(self) -> bool:
        """It returned a coroutine object, alone or in a list, in place of what the coroutine gives."""
        return self._returned_a(("a coroutine",))

    @property
    def returned_unawaited(self) -> bool:
        """It returned a coroutine, a task or a future, alone or in a list."""
        return self._returned_a(("a coroutine", "a task", "a future"))

    def _returned_a(self, kinds: tuple[str, ...]) -> bool:
        outcome = self.record.outcome
        return (
            isinstance(outcome, Raised) and outcome.type == "Uncrossable" and outcome.text.startswith(kinds)
        )

    @property
    def raised(self) -> str:
        """The type of the exception that ended it; "" when it ended otherwise."""
        outcome = self.record.outcome
        return outcome.type if isinstance(outcome, Raised) else ""

    @property
    def printed(self) -> str:
        return self.record.printed

    @property
    def stopped(self) -> bool:
        return isinstance(self.record.outcome, Stopped)

    def explain(self, when: bool, say: str) -> None:
        """Add the cause, when a known wrong answer is recognised; the first that fits is shown."""
        if when:
            self.causes.append(say)


def _names(services: Sequence[Service]) -> list[str]:
    return [service.name for service in services]


def _the(services: Sequence[Service]) -> str:
    return f"the {services[0].name}" if len(services) == 1 else "the services"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _asked_time(comparison: str, bound: float) -> str:
    words = {"equals": "was expected", "at_most": "is enough", "at_least": "is the least it can take"}
    return f"{format_seconds(bound)} {words[comparison]}"


def _asked_count(one: str, more: str) -> Callable[[str, float], str]:
    def asked(comparison: str, bound: float) -> str:
        if comparison == "at_most":
            return f"{bound:g} {'is' if bound == 1 else 'are'} allowed"
        return f"{bound:g} {one if bound == 1 else more}"

    return asked


def _repeated(calls: Sequence[Call]) -> str:
    labels = [call.label for call in calls]
    twice = [label for label in dict.fromkeys(labels) if labels.count(label) > 1]
    return f" ({twice[0]!r} was asked for {labels.count(twice[0])} times)" if twice else ""


def _by_service(calls: Sequence[Call]) -> str:
    names = list(dict.fromkeys(call.service for call in calls))
    return together(calls) if len(names) == 1 else ", ".join(names[:4])


def _common_interval(calls: Sequence[Call], record: Record) -> Interval | None:
    """When all these calls were in flight."""
    if not calls:
        return None
    ends = [record.last_ns if call.end_ns is None else call.end_ns for call in calls]
    return seconds(max(call.start_ns for call in calls)), seconds(min(ends))
