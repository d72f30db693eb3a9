"""What happened, as plain data, and the questions one can ask of it.

The simulated world and the live recorder write the same events, so the verdict, the sentence,
the picture and the export are readings of one `Record`. Times inside are integer nanoseconds on
the clock of the run; every public number is in seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Literal, get_args

NS = 1_000_000_000

#: One event: ``(time_ns, kind, ...)``. What follows the kind is listed in `KINDS`.
Event = tuple[Any, ...]

#: Every kind of event and the fields after it. All fields are JSON values.
KINDS: dict[str, tuple[str, ...]] = {
    "call": ("id", "service", "method", "args", "task"),  # a request leaves the learner's code
    "reply": ("id", "value"),
    "error": ("id", "type", "text"),
    "cancel": ("id",),  # the learner's code stopped waiting for it
    "block": ("task", "why", "line"),  # the loop's own thread is blocked from here ...
    "unblock": ("task",),  # ... to here
    "item": ("value",),  # the learner's async generator yielded it
    "task": (
        "number",
        "name",
        "parent",
    ),  # a task of a live run was made, or a thread or process job submitted ...
    "run": ("number",),  # ... is being run by the loop from here ...
    "wait": ("number", "why"),  # ... to here, and now waits
    "end": ("number", "how"),  # ... is over: returned, raised or cancelled
    "depth": ("name", "number"),  # so many are in a queue of a live run, or wait for a semaphore, from now on
    "lag": ("ns",),  # the loop of a live run did something so much later than it was due
    "worker": ("kind", "megabytes"),  # a pool started a thread or a process
    "arrive": ("id", "object", "method", "args"),  # a client calls the learner's object
    "answer": ("id", "how", "value", "error"),
    "depart": ("id",),  # the client's patience ran out
    "print": ("text",),
    "noise": ("text",),  # what asyncio would have complained about on stderr
    "return": ("value",),
    "raise": ("type", "text", "line"),
    "stop": ("why", "text", "line"),  # ended from outside: see `Stopped.why`
}


def seconds(ns: int) -> float:
    """Nanoseconds as seconds: ``seconds(500_000_000) == 0.5``."""
    return ns / NS


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a service, from the call to its end."""

    id: int
    service: str
    method: str
    args: tuple[Any, ...]
    task: str
    start_ns: int
    end_ns: int | None  # None: still in flight when the record ends
    how: Literal["reply", "error", "cancel", "open"]
    value: Any = None  # the reply, or the error's text
    open_at_return: bool = False  # it was in flight when the learner's function ended

    @property
    def label(self) -> str:
        """What a reader knows the call by: its first argument, else its service.

        With `args=("user-3",)` it is `user-3`.
        """
        return str(self.args[0]) if self.args else self.service

    @property
    def start(self) -> float:
        return seconds(self.start_ns)

    @property
    def end(self) -> float | None:
        return None if self.end_ns is None else seconds(self.end_ns)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch in which the event loop could run nothing, because one step did not give it back."""

    task: str
    why: str  # "sleep" for time.sleep
    line: str  # of the learner's code, "line 3"; "" when unknown
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class TaskSpan:
    """One asyncio task of a live run: when it lived, and when the loop was running it."""

    number: int
    name: str
    parent: int | None
    start_ns: int
    end_ns: int | None
    how: str  # "returned", "raised", "cancelled" or "open"
    running: tuple[tuple[int, int], ...]  # the loop ran it from .. to, in ns


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the learner's object by a virtual client, as the client saw it. Times in seconds."""

    id: int
    method: str
    args: tuple[Any, ...]
    at: float
    end: float | None
    how: str  # "reply", "error", "departed", or "open" when it never ended
    value: Any = None  # the reply, or the error's text
    error: str = ""  # the error's type

    @property
    def latency(self) -> float:
        """Seconds from the arrival to the end; infinite without an end."""
        return float("inf") if self.end is None else self.end - self.at


@dataclass(frozen=True, slots=True)
class Returned:
    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    type: str
    text: str
    line: str  # of the learner's code, "line 3: `return 1 / 0`"; "" when unknown


#: Why a run can be ended from outside: the last two when it does what no run may.
Why = Literal["deadlock", "busy loop", "horizon", "cpu", "wall", "interrupted", "events", "protocol"]
STOPS = frozenset(get_args(Why))


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run was ended from outside the learner's code."""

    why: Why
    text: str
    line: str


Outcome = Returned | Raised | Stopped


@dataclass(frozen=True, slots=True)
class Peak:
    """The most calls in flight at once, when it was first reached, and which they were."""

    count: int
    at: float
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Record:
    """All events of one run, oldest first.

    >>> record = Record(((0, "call", 1, "store", "get", ["a"], "T1"), (NS, "reply", 1, 7), (NS, "return", 7)))
    >>> record.elapsed, record.peak().count, record.outcome
    (1.0, 1, Returned(value=7))
    """

    events: tuple[Event, ...]
    dropped: int = 0  # events beyond the limit, which were counted only
    from_ns: int = 0  # when the stretch of the run began that it tells of; some events in it may be older

    def of(self, kind: str) -> Iterator[Event]:
        return (event for event in self.events if event[1] == kind)

    @cached_property
    def outcome(self) -> Outcome:
        """How the run ended: stopped, even if only after the function's end; else as the function did.

        A record without an end is `Stopped("interrupted", ...)`.
        """
        for event in self.of("stop"):
            return Stopped(*event[2:])
        for event in self.events[self._end_index :]:
            return Returned(event[2]) if event[1] == "return" else Raised(*event[2:])
        return Stopped("interrupted", "the run was cut off", "")

    @cached_property
    def _end_index(self) -> int:
        """Where in the events the learner's function ended."""
        for index, event in enumerate(self.events):
            if event[1] in ("return", "raise", "stop"):
                return index
        return len(self.events)

    @cached_property
    def end_ns(self) -> int:
        """When the learner's function ended."""
        if self._end_index < len(self.events):
            return int(self.events[self._end_index][0])
        return self.last_ns

    @cached_property
    def last_ns(self) -> int:
        """When the last event happened, perhaps after the function had returned."""
        return int(self.events[-1][0]) if self.events else 0

    @property
    def elapsed(self) -> float:
        """Seconds from the start until the learner's function ended."""
        return seconds(self.end_ns)

    @cached_property
    def all_calls(self) -> tuple[Call, ...]:
        started: dict[int, Event] = {}
        ended: dict[int, tuple[int, Event]] = {}
        start_index: dict[int, int] = {}
        for index, event in enumerate(self.events):
            if event[1] == "call":
                started[event[2]] = event
                start_index[event[2]] = index
            elif event[1] in ("reply", "error", "cancel"):
                ended[event[2]] = (index, event)
        calls = []
        for id, (at, _, _, service, method, args, task) in started.items():
            index, end = ended.get(id, (len(self.events), None))
            calls.append(
                Call(
                    id,
                    service,
                    method,
                    tuple(args),
                    task,
                    at,
                    None if end is None else end[0],
                    "open" if end is None else end[1],
                    None if end is None or end[1] == "cancel" else end[-1],
                    open_at_return=start_index[id] < self._end_index < index,
                )
            )
        return tuple(calls)

    def calls(self, *services: str) -> tuple[Call, ...]:
        """The calls in the order in which they were made; to these services only, when any is named."""
        if not services:
            return self.all_calls
        return tuple(call for call in self.all_calls if call.service in services)

    def peak(self, *services: str) -> Peak:
        """The most calls in flight together."""
        return self._peak_of(*services) if services else self._peak_of_all

    @cached_property
    def _peak_of_all(self) -> Peak:
        return self._peak_of()

    def _peak_of(self, *services: str) -> Peak:
        asked = {call.id: call for call in self.calls(*services)}
        most, when, in_flight = 0, -1, 0
        for index, event in enumerate(self.events):  # each call has one end at most
            if event[1] == "call":
                if event[2] in asked:
                    in_flight += 1
                    if in_flight > most:
                        most, when = in_flight, index
            elif event[1] in ("reply", "error", "cancel") and event[2] in asked:
                in_flight -= 1
        return self._peak(asked, when, when)

    def in_flight_at(self, began: str, *services: str) -> Peak:
        """The most calls to `services` that were in flight when a call to the service `began` was made."""
        asked = {call.id: call for call in self.calls(*services)} if services else {}
        begin = {call.id for call in self.calls(began)}
        most, when, before = 0, -1, 0
        for index, in_flight in enumerate(self._in_flight(asked)):
            event = self.events[index]
            if event[1] == "call" and event[2] in begin and before > most:
                most, when = before, index
            before = len(in_flight)
        return self._peak(asked, when, when - 1)

    def _in_flight(self, ids: Container[int]) -> Iterator[Collection[int]]:
        """After each event, which of these calls are in flight, the earliest first."""
        in_flight: dict[int, None] = {}
        for event in self.events:
            if event[1] == "call" and event[2] in ids:
                in_flight[event[2]] = None
            elif event[1] in ("reply", "error", "cancel"):
                in_flight.pop(event[2], None)
            yield in_flight

    def _peak(self, asked: Mapping[int, Call], when: int, last: int) -> Peak:
        """Those in flight after the event `last`, as the peak at the event `when`; -1 is never."""
        if when < 0:
            return Peak(0, 0.0, ())
        then = next(islice(self._in_flight(asked), last, None))
        return Peak(len(then), seconds(self.events[when][0]), tuple(asked[id] for id in then))

    def alive(self, source: str, sink: str) -> Peak:
        """The most items that were read from the source and not yet written to the sink."""
        by_id = {call.id: call for call in self.calls(source, sink)}
        alive, best = 0, Peak(0, 0.0, ())
        for event in self.of("reply"):
            call = by_id.get(event[2])
            if call is not None:
                alive += 1 if call.service == source else -1
                if alive > best.count:
                    best = Peak(alive, seconds(event[0]), ())
        return best

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """What virtual clients asked of the learner's objects, in the order in which they came."""
        ends = {event[2]: event for event in self.events if event[1] in ("answer", "depart")}
        requests = []
        for at, _, id, _, method, args in self.of("arrive"):
            end = ends.get(id)
            how, value, error = ("open", None, "") if end is None else ("departed", None, "")
            if end is not None and end[1] == "answer":
                how, value, error = end[3:]
            ended = None if end is None else seconds(end[0])
            requests.append(Request(id, method, tuple(args), seconds(at), ended, how, value, error))
        return tuple(requests)

    def in_flight_at_return(self, *services: str) -> tuple[Call, ...]:
        """Calls that the learner's function left behind: neither answered nor cancelled when it ended."""
        return tuple(call for call in self.calls(*services) if call.open_at_return)

    def calls_after_return(self, *services: str) -> tuple[Call, ...]:
        """Calls that were only made after the learner's function had ended, by a task that lived on."""
        known = {event[2] for event in self.events[: self._end_index] if event[1] == "call"}
        return tuple(call for call in self.calls(*services) if call.id not in known)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        blocks = []
        begun: Event | None = None
        for event in self.events:
            if event[1] == "block":
                begun = event
            elif event[1] == "unblock" and begun is not None:
                blocks.append(Block(begun[2], begun[3], begun[4], begun[0], event[0]))
                begun = None
        if begun is not None:
            blocks.append(Block(begun[2], begun[3], begun[4], begun[0], self.last_ns))
        return tuple(blocks)

    @property
    def loop_blocked(self) -> float:
        """Seconds in which the event loop could not run anything."""
        return seconds(sum(block.end_ns - block.start_ns for block in self.blocks))

    @cached_property
    def items(self) -> tuple[tuple[float, Any], ...]:
        """What the learner's async generator yielded: (seconds, value)."""
        return tuple((seconds(event[0]), event[2]) for event in self.of("item"))

    @cached_property
    def tasks(self) -> tuple[TaskSpan, ...]:
        """The tasks of a live run, in the order in which they were made."""
        made: dict[int, Event] = {}
        ended: dict[int, Event] = {}
        running: dict[int, list[tuple[int, int]]] = {}
        since: dict[int, int] = {}
        for event in self.events:
            at, kind, number = event[0], event[1], event[2] if len(event) > 2 else None
            if kind == "task":
                made[event[2]] = event
                running[event[2]] = []
            elif kind == "run":
                since[event[2]] = at
            elif kind in ("wait", "end") and number in running:
                if number in since:
                    running[event[2]].append((since.pop(event[2]), at))
                if kind == "end":
                    ended[event[2]] = event
        return tuple(
            TaskSpan(
                number,
                event[3],
                event[4],
                event[0],
                ended[number][0] if number in ended else None,
                ended[number][3] if number in ended else "open",
                tuple(running[number]),
            )
            for number, event in made.items()
        )

    @cached_property
    def depths(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """For each queue of a live run its depths over time: ``(from_ns, number)``."""
        depths: dict[str, list[tuple[int, int]]] = {}
        for at, _, name, number in self.of("depth"):
            depths.setdefault(name, []).append((at, number))
        return {name: tuple(steps) for name, steps in depths.items()}

    @cached_property
    def printed(self) -> str:
        """What the learner's code printed, as far as it was kept."""
        return "".join(event[2] for event in self.of("print"))

    @cached_property
    def noise(self) -> tuple[str, ...]:
        """What asyncio complained about, e.g. a coroutine that was never awaited."""
        return tuple(event[2] for event in self.of("noise"))


def together(calls: Iterable[Call]) -> str:
    """Names of calls for a sentence: ``'a', 'b' and 3 more``."""
    labels = [call.label for call in calls]
    shown = [repr(label if len(label) <= 60 else f"{label[:57]}...") for label in labels[:3]]
    if len(labels) > len(shown):
        return ", ".join(shown) + f" and {len(labels) - len(shown)} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else "none"
