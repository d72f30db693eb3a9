"""Writes down what a live run does: the same record as a simulated one, on the real clock.

A switch of tasks costs one tuple in a ring. Names and blocks are worked out when somebody reads.
"""

from __future__ import annotations

import asyncio
import math
import time
import weakref
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

from asynclab.record import NS, Event, Record

#: A step as long as this is a blocked loop: half of what asyncio's debug mode calls a slow callback.
BLOCKED_NS = NS // 20

#: A loop is late from here on; sooner is what its timers take anyway.
LATE_NS = NS // 1000

#: The newest steps of tasks that are kept; the older ones are forgotten, or a long run would fill the memory.
MAX_STEPS = 100_000

#: Tasks and other events that are kept; the later ones are counted only.
MAX_EVENTS = 100_000

#: Bound at import: in a thread that runs a simulated world, `time.perf_counter_ns` is that world's clock.
clock = time.perf_counter_ns

#: One turn that the loop gave to a task: from, to, the task's number, and what it then waits for.
Step = tuple[int, int, int, str | None]


@dataclass(slots=True)
class WatchedTask:
    """What is kept of a task beside its steps; times are those of the clock."""

    function: str
    made_ns: int
    parent: int | None
    name: str = ""
    # Weak, because watching must not keep alive a task that everybody else has dropped.
    itself: weakref.ref[asyncio.Task[Any]] | None = None
    end_ns: int | None = None
    how: str = ""

    def remember_name(self) -> None:
        task = self.itself() if self.itself is not None else None
        if task is not None:
            self.name = task.get_name()

    @property
    def shown_name(self) -> str:
        """What the learner called it, else the function it runs."""
        self.remember_name()
        # 3.13.0 says "None" of a task that has no name yet
        automatic = self.name in ("", "None") or self.name.removeprefix("Task-").isdigit()
        return self.function if automatic else self.name


class Recorder:
    """Collects the events of one run; `record()` reads them at any moment.

    Inside, a task is its number. Its name is looked up when the record is read, because asyncio names a
    task only after the task factory has made it.
    """

    def __init__(self, *, outside: str = "a callback") -> None:
        """`outside` is what code is called that runs in none of the watched tasks."""
        self.lost = 0  # tasks and events beyond MAX_EVENTS
        self.start_ns = clock()
        self.callers: set[int | None] = set()  # the tasks that made calls
        self.tasks: list[WatchedTask] = []  # number 1, the main one, is the first
        self.events: list[Event] = []  # their times count from the start, those of steps do not
        self._outside = outside
        self._open = True
        self._steps: deque[Step] = deque(maxlen=MAX_STEPS)
        self._numbers: weakref.WeakKeyDictionary[asyncio.Task[Any], int] = weakref.WeakKeyDictionary()
        self._late_ns = 0
        self._looked_ns = 0
        self._calls = 0
        self._blocks: list[tuple[int, int, int | None]] = []
        self._seen_at: list[tuple[int, str]] = []  # the line at which a thread saw the loop blocked, and when

    def add(self, kind: str, *fields: Any) -> None:
        if not self._open:
            return
        if len(self.events) < MAX_EVENTS or kind in ("return", "raise", "stop"):
            self.events.append((clock() - self.start_ns, kind, *fields))
        else:
            self.lost += 1

    def close(self) -> None:
        """A task that outlives the run writes no more."""
        self._find_blocks()
        self._open = False
        self._steps = self._steps.copy()  # the tasks go on writing into the other one

    @property
    def has_forgotten(self) -> bool:
        """Whether there were more steps than are kept."""
        return len(self._steps) == self._steps.maxlen

    # -- calls

    def call(self, service: str, method: str, args: tuple[Any, ...]) -> int:
        self._calls += 1
        caller = self._running()
        self.callers.add(caller)
        self.add("call", self._calls, service, method, plain(args), caller)
        return self._calls

    # -- tasks

    def begin(self, function: str) -> int | None:
        """Number a task that starts to exist now; None when there are too many to be kept."""
        if len(self.tasks) >= MAX_EVENTS:
            self.lost += 1
            return None
        self.tasks.append(WatchedTask(function, clock(), self._running()))
        return len(self.tasks)

    def made(self, number: int, task: asyncio.Task[Any]) -> None:
        self.tasks[number - 1].itself = weakref.ref(task)

    def runs_in(self, number: int, task: asyncio.Task[Any] | None) -> None:
        """A task takes its first step; an eager one before `made` is told of it."""
        if task is not None:
            self._numbers[task] = number

    @property
    def step(self) -> Callable[[Step], None]:
        """Takes a `Step`. It is the ring's own `append`, so that a switch costs no call of Python code."""
        return self._steps.append

    def finish(self, number: int) -> None:
        """The main task is over, even if it took no step of its own."""
        task = self.tasks[number - 1]
        if task.end_ns is None:
            task.end_ns, task.how = clock(), "returned"

    def end(self, number: int, since: int, how: str) -> None:
        """The last step of a task, begun at `since`, ends now."""
        now = clock()
        self._steps.append((since, now, number, None))
        if self._open:
            task = self.tasks[number - 1]
            task.remember_name()  # while it is sure to be there
            task.end_ns, task.how = now, how

    def _running(self) -> int | None:
        """The watched task that runs now; the main one is no task of its own."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return None
        return self._numbers.get(task, 1 if self.tasks else None) if task is not None else None

    # -- the loop as a whole

    def late(self, by_ns: int) -> None:
        """The loop did only now what was due `by_ns` ago. Told of at each beat of its pulse."""
        if max(by_ns, self._late_ns) >= LATE_NS:
            self.add("lag", by_ns)
        self._late_ns = by_ns
        if by_ns >= BLOCKED_NS // 2:
            self._find_blocks()
        now = clock()
        free_since = self._blocks[-1][1] if self._blocks else 0
        if by_ns >= BLOCKED_NS and now - by_ns >= free_since and self._seen_after(now - by_ns):
            self._blocks.append((now - by_ns, now, None))
        self._looked_ns = now

    def _find_blocks(self) -> None:
        """The long ones among the steps since the last look."""
        for since, until, number, _ in self.steps_since(self._looked_ns):
            # A task whose step held the long first step of an eager one is not blamed as well.
            if until - since >= BLOCKED_NS and not (self._blocks and since < self._blocks[-1][1]):
                self._blocks.append((since, until, number))

    def _seen_after(self, since: int) -> bool:
        return bool(self._seen_at) and self._seen_at[-1][0] >= since

    def seen_blocked(self, line: str) -> None:
        """Called by the thread that sees the loop blocked: `line` is where it is."""
        if self._open and line and len(self._seen_at) < MAX_EVENTS:
            self._seen_at.append((clock(), line))

    # -- reading

    def record(self) -> Record:
        """What has been seen so far, in order."""
        return self.record_of(self._steps)

    def record_of(self, steps: Iterable[Step]) -> Record:
        """The same with other steps in place of those that were taken; see `glance`."""
        names = self._task_names()
        events: list[Event] = [
            *self._task_events(names, steps),
            *self.block_events(names),
            *(with_name(event, names) for event in self.events),
        ]
        events.sort(key=itemgetter(0))
        return Record(tuple(events), self.lost)

    def steps_since(self, at: int) -> list[Step]:
        """The steps that ended after a moment, oldest first."""
        steps = self._steps
        many, most = 1, len(steps)
        while many < most and steps[-many][1] > at:
            many = min(2 * many, most)
        newest = list(islice(reversed(steps), many))
        newest.reverse()
        return newest[bisect_right(newest, at, key=itemgetter(1)) :]

    def _task_events(self, names: dict[int | None, str], steps: Iterable[Step]) -> Iterator[Event]:
        start, tasks = self.start_ns, self.tasks
        for number, task in enumerate(tasks, start=1):
            yield (task.made_ns - start, "task", number, names[number], task.parent)
        for since, until, number, why in steps:
            yield (since - start, "run", number)
            if until != tasks[number - 1].end_ns:
                yield (until - start, "wait", number, why or "its next turn")
        for number, task in enumerate(tasks, start=1):
            if task.end_ns is not None:
                yield (task.end_ns - start, "end", number, task.how)

    def block_events(self, names: Mapping[int | None, str], since_ns: int = 0) -> list[Event]:
        """The blocks that ended after a moment, each with the line that a thread saw last in it."""
        events: list[Event] = []
        for since, until, number in reversed(self._blocks):
            if until < since_ns:
                break
            seen = bisect_right(self._seen_at, until, key=itemgetter(0)) - 1
            at, line = self._seen_at[seen] if seen >= 0 else (0, "")
            name = self._outside if number is None else names[number]
            events.append((until - self.start_ns, "unblock", name))
            events.append((since - self.start_ns, "block", name, "", line if at >= since else ""))
        events.reverse()
        return events

    def _task_names(self) -> dict[int | None, str]:
        """What each task is called in a record; numbered where two are alike."""
        names: dict[int | None, str] = {
            number: task.shown_name for number, task in enumerate(self.tasks, start=1)
        }
        alike, seen = Counter(names.values()), Counter[str]()
        for task_number, name in names.items():
            if alike[name] > 1:
                seen[name] += 1
                names[task_number] = f"{name} {seen[name]}"
        return {**names, None: ""}


def with_name(event: Event, names: Mapping[int | None, str]) -> Event:
    """A call with the name of its task in place of the number."""
    if event[1] != "call":
        return event
    return (*event[:-1], names[event[-1]])


def plain(value: object) -> Any:
    """A JSON value for the record: the value itself where it is one, else how Python writes it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple) and len(value) <= 100:
        return [plain(item) for item in value]
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"
