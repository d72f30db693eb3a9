"""What a picture shows of a record, before it has a size: one row per call or task, and the time drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from asynclab.narrate import format_seconds, one_line
from asynclab.record import Call, Record, TaskSpan, seconds

#: More calls than this are counted in one last row: 24 rows of 18 pixels fit on a screen.
MAX_ROWS = 24

#: Characters of a label; where it is drawn there may be room for fewer.
MAX_LABEL = 40

How = Literal["reply", "error", "cancel", "open"]

#: What the end of a call, and of a task, is called in tooltips and in the key.
CALL_WORDS: dict[How, str] = {
    "reply": "answered",
    "error": "failed",
    "cancel": "cancelled",
    "open": "still in flight",
}
TASK_WORDS: dict[str, tuple[How, str]] = {
    "returned": ("reply", "returned"),
    "raised": ("error", "raised"),
    "cancelled": ("cancel", "cancelled"),
    "open": ("open", "still running"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One call, or one task of a live run, as it is drawn."""

    label: str
    start_ns: int
    end_ns: int  # of the record, when it never ended
    how: How
    story: str  # all of it in words
    is_task: bool = False
    running: tuple[tuple[int, int], ...] = ()  # a task: when the loop ran it, in ns


@dataclass(frozen=True)
class Scene:
    """A record as rows, and the stretch of time that is drawn."""

    record: Record
    lanes: bool = True  # whether calls and tasks have rows
    ghost: Record | None = None  # the same calls in another run, behind these
    newest: bool = False  # which have a row where there is no room for all: the newest, not the first

    @cached_property
    def until_ns(self) -> int:
        """The right edge: the last event, but no more than twice the run's own time after its end.

        What a function left behind may go on for long; it must not squeeze the run into a corner.
        """
        end, last = self.record.end_ns, self.record.last_ns
        until = min(last, 3 * end) if end else last
        return until if self.ghost is None else max(until, Scene(self.ghost).until_ns)

    @property
    def from_ns(self) -> int:
        """The left edge."""
        return self.record.from_ns

    @property
    def goes_on(self) -> bool:
        """Whether anything happened after the function had ended."""
        return self.record.last_ns > self.record.end_ns

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        shown = [one for one in self._all if key_of(one) in self._with_row]
        labels = _labels([one for one in shown if isinstance(one, Call)])
        return tuple(
            self._call_row(one, labels[one.id]) if isinstance(one, Call) else self._task_row(one)
            for one in shown
        )

    @cached_property
    def rest(self) -> tuple[Call | TaskSpan, ...]:
        """Those for which there was no room."""
        return tuple(one for one in self._all if key_of(one) not in self._with_row)

    @cached_property
    def _with_row(self) -> Set[tuple[str, int]]:
        if not self.newest:
            return set(map(key_of, self._all[:MAX_ROWS]))
        tasks = [key_of(one) for one in self._all if isinstance(one, TaskSpan)]
        calls = [key_of(one) for one in self._all if isinstance(one, Call)]
        tasks = tasks[-rows_for_tasks(len(calls)) :]
        return {*tasks, *calls[-(MAX_ROWS - len(tasks)) :]}

    @cached_property
    def _all(self) -> tuple[Call | TaskSpan, ...]:
        """What has a row, in the order in which it began; a task that made calls is seen in them."""
        if not self.lanes:
            return ()
        calls = self.record.calls()
        callers = {call.task for call in calls}
        tasks = [task for task in self.record.tasks if task.name not in callers]
        if len(tasks) + len(calls) > 1:  # the main task says nothing beside what it made
            main = min((task.number for task in self.record.tasks), default=None)
            tasks = [task for task in tasks if task.number != main]
        both: list[Call | TaskSpan] = [*tasks, *calls]
        both.sort(key=lambda one: one.start_ns)
        return tuple(one for one in both if one.start_ns <= self.until_ns)

    def _call_row(self, call: Call, label: str) -> Row:
        end_ns = self.record.last_ns if call.end_ns is None else call.end_ns
        asked = one_line(f"{call.service}.{call.method}({call.label if call.args else ''})", 2 * MAX_LABEL)
        story = _story(asked, call.start_ns, end_ns, CALL_WORDS[call.how])
        if call.how == "error":
            story += f": {one_line(str(call.value), 2 * MAX_LABEL)}"
        return Row(label, call.start_ns, end_ns, call.how, story)

    def _task_row(self, task: TaskSpan) -> Row:
        end_ns = self.record.last_ns if task.end_ns is None else task.end_ns
        how, word = TASK_WORDS[task.how]
        label = one_line(task.name, MAX_LABEL)
        story = _story(f"task {label}", task.start_ns, end_ns, word)
        return Row(label, task.start_ns, end_ns, how, story, is_task=True, running=task.running)


def rows_for_tasks(calls: int) -> int:
    """How many tasks may have a row among the newest lanes, beside so many calls.

    Not the newest of both: calls come and go, and would take the rows of all the tasks that live on.
    """
    return max(MAX_ROWS - calls, MAX_ROWS // 3)


def _story(what: str, start_ns: int, end_ns: int, word: str) -> str:
    start, end = format_seconds(seconds(start_ns)), format_seconds(seconds(end_ns))
    return f"{what}, {start} to {end}: {word}"


def _labels(calls: Iterable[Call]) -> dict[int, str]:
    """What each call is known by; with its service where several services were asked for the same."""
    plain = [(call.id, call.service, one_line(call.label, MAX_LABEL)) for call in calls]
    services: defaultdict[str, set[str]] = defaultdict(set)
    for _, service, label in plain:
        services[label].add(service)
    return {
        id: one_line(f"{service}: {label}", MAX_LABEL) if len(services[label]) > 1 else label
        for id, service, label in plain
    }


#: Whether an event begins or ends a call or a task, whose number is its first field.
CHANGES = {
    "call": ("call", 1),
    "task": ("task", 1),
    "reply": ("call", -1),
    "error": ("call", -1),
    "cancel": ("call", -1),
    "end": ("task", -1),
}


def key_of(one: Call | TaskSpan) -> tuple[str, int]:
    """How the events name a call or a task."""
    return ("call", one.id) if isinstance(one, Call) else ("task", one.number)


def in_flight(record: Record, keys: Set[tuple[str, int]]) -> list[tuple[int, int]]:
    """How many of the rows with these keys had begun and not ended, as ``(time_ns, number)``."""
    number = 0
    steps = [(0, 0)]
    for event in record.events:
        change = CHANGES.get(event[1])
        if change is not None and (change[0], event[2]) in keys:
            number += change[1]
            steps.append((event[0], number))
    return steps
