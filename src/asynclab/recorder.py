"""Writes down what a live run does: the same record as a simulated one, on the real clock."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections import Counter
from typing import Any

from asynclab.record import NS, Event, Record

#: A step as long as this is drawn as a blocked loop: what asyncio's debug mode calls a slow callback.
BLOCKED_NS = NS // 10

#: Later events are counted and not kept, or a loop of a million turns would fill the memory.
MAX_EVENTS = 100_000


class Recorder:
    """Collects the events of one run; `record()` reads them at any moment.

    Inside, a task is its number. Its name is looked up when the record is read, because asyncio names a
    task only after the task factory has made it.
    """

    def __init__(self) -> None:
        self.lost = 0  # events beyond MAX_EVENTS
        self._open = True
        self._start_ns = time.perf_counter_ns()
        self._events: list[Event] = []
        self._calls = 0
        self._functions: list[str] = []  # what each task runs
        self._names: dict[int, str] = {}
        # Weak, because watching must not keep alive a task that everybody else has dropped.
        self._tasks: dict[int, weakref.ref[asyncio.Task[Any]]] = {}
        # The tasks being run, innermost last: an eager task takes its first step inside another one's.
        self._on_stack: list[int] = []
        self._blocked_until = 0

    def now(self) -> int:
        return time.perf_counter_ns() - self._start_ns

    def add(self, kind: str, *fields: Any) -> None:
        if not self._open:
            return
        if len(self._events) < MAX_EVENTS or kind in ("return", "raise", "stop"):
            self._events.append((self.now(), kind, *fields))
        else:
            self.lost += 1

    def close(self) -> None:
        """A task that outlives the run writes no more."""
        self._open = False

    # -- calls

    def call(self, service: str, method: str, args: tuple[Any, ...]) -> int:
        self._calls += 1
        self.add("call", self._calls, service, method, plain(args), self._running())
        return self._calls

    # -- tasks

    def begin(self, function: str) -> int:
        """Number a task that starts to exist now."""
        self._functions.append(function)
        number = len(self._functions)
        self.add("task", number, "", self._running())
        return number

    def made(self, number: int, task: asyncio.Task[Any]) -> None:
        self._tasks[number] = weakref.ref(task)

    def run(self, number: int) -> int:
        """The loop runs the task from now on; gives the time, which `wait` and `end` want back."""
        self._on_stack.append(number)
        self.add("run", number)
        return self.now()

    def wait(self, number: int, since: int, why: str) -> None:
        self._step_over(number, since)
        self.add("wait", number, why)

    def end(self, number: int, since: int, how: str) -> None:
        self._remember_name(number)  # while the task is sure to be there
        self._step_over(number, since)
        self.add("end", number, how)

    def _running(self) -> int | None:
        return self._on_stack[-1] if self._on_stack else None

    def _step_over(self, number: int, since: int) -> None:
        self._on_stack.pop()
        now = self.now()
        # A task whose step held the long first step of an eager one is not blamed as well.
        if now - since >= BLOCKED_NS and since >= self._blocked_until and self._open:
            self._events.append((since, "block", number, "", ""))
            self._events.append((now, "unblock", number))
            self._blocked_until = now

    # -- reading

    def record(self) -> Record:
        """What has been seen so far, in order; a block is noticed only at its end."""
        names = self._task_names()
        events = sorted(self._events, key=lambda event: event[0])
        return Record(tuple(_with_names(event, names) for event in events))

    def _task_names(self) -> dict[int | None, str]:
        """What the learner called a task, else the function it runs; numbered where two are alike."""
        names: dict[int | None, str] = {}
        for number, function in enumerate(self._functions, start=1):
            self._remember_name(number)
            given = self._names.get(number, "None")
            automatic = given == "None" or given.removeprefix("Task-").isdigit()  # 3.13.0 says "None"
            names[number] = function if automatic else given
        alike, seen = Counter(names.values()), Counter[str]()
        for task, name in names.items():
            if alike[name] > 1:
                seen[name] += 1
                names[task] = f"{name} {seen[name]}"
        return {**names, None: ""}

    def _remember_name(self, number: int) -> None:
        task = self._tasks[number]() if number in self._tasks else None
        if task is not None:
            self._names[number] = task.get_name()


def _with_names(event: Event, names: dict[int | None, str]) -> Event:
    """The event with the name of a task in place of its number, where the record wants the name."""
    match event:
        case (at, "task", number, _, parent):
            return (at, "task", number, names[number], parent)
        case (at, "call", id, service, method, args, task):
            return (at, "call", id, service, method, args, names[task])
        case (at, "block", task, why, line):
            return (at, "block", names[task], why, line)
        case (at, "unblock", task):
            return (at, "unblock", names[task])
    return event


def plain(value: object) -> Any:
    """A JSON value for the record: the value itself where it is one, else how Python writes it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple) and len(value) <= 100:
        return [plain(item) for item in value]
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"
