"""The last seconds of a run that goes on, as a record, for a picture that moves.

What a look costs follows from what is in the window and what is new, not from how long the run has been.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from operator import itemgetter

from asynclab.in_parts import InParts, at_once
from asynclab.picture.rows import MAX_ROWS, rows_for_tasks
from asynclab.record import NS, Event, Record
from asynclab.recorder import Recorder, WatchedTask, clock, with_name
from asynclab.turns import Turns

#: How long a window may be, in ns: the longest in which not too much begins.
LENGTHS = (10 * NS, 5 * NS, 2 * NS, NS, NS // 2)

#: As many calls and tasks may begin in a window: in more, none could be told from its neighbours.
MOST_BEGUN = 100


class Window:
    """Reads a recorder again and again, and each time only what is new."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._length_ns = LENGTHS[0]
        self._now_ns = 0  # like the times of events, and unlike those of steps, from the start of the run
        self._turns = Turns(recorder)
        self._events_read = 0
        self._names: dict[int | None, str] = {None: ""}
        self._alike: dict[str, list[int]] = {}
        self._tasks: dict[int, WatchedTask] = {}  # here and below: what a window can still show
        self._open: dict[int, Event] = {}
        self._ended: deque[tuple[Event, Event]] = deque()  # calls with their ends
        self._depths: dict[str, list[Event]] = {}
        self._begun: list[int] = []  # when calls and tasks began

    def record_in_parts(self) -> InParts[Record]:
        """What happened in the window; what began before it and reached into it began when it did."""
        self._now_ns = clock() - self._recorder.start_ns
        self._read_tasks()
        self._read_events()
        yield
        self._turns.read()
        yield
        self._forget()
        from_ns = self._choose_begin()
        calls = list(self._calls(from_ns))
        events = [
            *self._task_events(from_ns, rows_for_tasks(len(calls))),
            *(event for call in calls for event in call),
            *self._depth_events(from_ns),
            *self._recorder.block_events(self._names, from_ns + self._recorder.start_ns),
        ]
        yield
        events.append((self._now_ns, "lag", 0))  # a run that goes on does not end with its last event
        events.sort(key=itemgetter(0))
        return Record(tuple(events), from_ns=from_ns)

    record = at_once(record_in_parts)

    def _choose_begin(self) -> int:
        """When the window begins; zero while it holds the whole run."""
        for length in LENGTHS:
            begun = len(self._begun) - bisect_left(self._begun, self._now_ns - length)
            # It grows late, or it would jump to and fro between two lengths.
            if begun <= (MOST_BEGUN if length <= self._length_ns else MOST_BEGUN // 2):
                break
        self._length_ns = length
        return max(self._now_ns - length, 0)

    # -- what is new

    def _read_tasks(self) -> None:
        start = self._recorder.start_ns
        for number in range(len(self._names), len(self._recorder.tasks) + 1):
            task = self._tasks[number] = self._recorder.tasks[number - 1]
            name = task.shown_name
            alike = self._alike.setdefault(name, [])
            alike.append(number)
            self._names[number] = name if len(alike) == 1 else f"{name} {len(alike)}"
            if len(alike) == 2:
                self._names[alike[0]] = f"{name} 1"
            self._begun.append(task.made_ns - start)

    def _read_events(self) -> None:
        events = self._recorder.events
        for event in events[self._events_read :]:
            match event[1]:
                case "call":
                    self._open[event[2]] = with_name(event, self._names)
                    self._begun.append(event[0])
                case "reply" | "error" | "cancel":
                    self._ended.append((self._open.pop(event[2]), event))
                case "depth":
                    self._depths.setdefault(event[2], []).append(event)
        self._events_read = len(events)
        self._begun.sort()  # two sorted runs, which Python merges

    def _forget(self) -> None:
        """What ended before the longest window."""
        before = self._now_ns - LENGTHS[0]
        while self._ended and self._ended[0][1][0] < before:
            self._ended.popleft()
        for name, depths in self._depths.items():
            self._depths[name] = depths[_last_until(depths, before) :]
        long_ago = before + self._recorder.start_ns
        for number in [n for n, task in self._tasks.items() if task.end_ns and task.end_ns < long_ago]:
            if number > 1:
                del self._tasks[number]
                self._turns.forget(number)
        del self._begun[: bisect_left(self._begun, before)]

    # -- what is in the window

    def _calls(self, from_ns: int) -> Iterator[tuple[Event, ...]]:
        """Each call with its end."""
        yield from ((call,) for call in self._open.values())
        for call, end in reversed(self._ended):
            if end[0] < from_ns:
                break
            yield call, end

    def _depth_events(self, from_ns: int) -> Iterator[Event]:
        for depths in self._depths.values():
            yield from depths[_last_until(depths, from_ns) :]

    def _task_events(self, from_ns: int, rows: int) -> Iterator[Event]:
        """Of the tasks that get a row with their turns: the newest ones, or the main task if it is alone."""
        start = self._recorder.start_ns
        lanes = self._lanes(from_ns + start, rows)
        newest = list(lanes)[-MAX_ROWS:] or [1]
        with_row = {*newest[-rows:]}
        # Of all that may have a row in the next picture, when there are fewer calls.
        self._turns.follow({*newest} - self._recorder.callers, from_ns + start, self._now_ns + start)
        for number, task in {1: self._tasks[1], **lanes}.items():
            yield (task.made_ns - start, "task", number, self._names[number], task.parent)
            if number in with_row:
                yield from self._turn_events(number, task, from_ns + start)
            if task.end_ns is not None:
                yield (task.end_ns - start, "end", number, task.how)

    def _lanes(self, since: int, rows: int) -> dict[int, WatchedTask]:
        """The tasks that make no calls; where there is no room for all, without the idle ones."""
        callers = self._recorder.callers
        lanes = {
            number: task
            for number, task in self._tasks.items()
            if number > 1 and number not in callers and (task.end_ns is None or task.end_ns >= since)
        }
        if len(lanes) <= rows:
            return lanes
        busy = {
            number: task
            for number, task in lanes.items()
            if task.made_ns >= since or self._turns.ran_after(number, since)
        }
        return busy or lanes

    def _turn_events(self, number: int, task: WatchedTask, since: int) -> Iterator[Event]:
        """When the loop ran a task; it is drawn as waiting in between."""
        start = self._recorder.start_ns
        for begin, end in self._turns.of(number, since):
            yield (begin - start, "run", number)
            if end != task.end_ns:
                yield (end - start, "wait", number, "")


def _last_until(depths: list[Event], at_ns: int) -> int:
    """Where the depth stands that held at a moment."""
    return max(bisect_right(depths, at_ns, key=itemgetter(0)) - 1, 0)
