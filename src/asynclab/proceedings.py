"""What the parts of a world share: the time, what falls due, what is to be told, and the record."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from asynclab.protocol import ProtocolError, readable
from asynclab.record import Event
from asynclab.service import to_ns

#: So many characters of a text are kept.
MAX_TEXT = 4_000

Timer = list[Any]  # [when, sequence, action or None when cancelled, its argument]


class Proceedings:
    """The course of one run. `now` and all times are in nanoseconds.

    `over` is why nothing is answered any more, `stuck` why time cannot pass; `done` is what the learner's
    side is told next. Before time passes, `settle` is called if something is `unsettled`.
    """

    def __init__(self, horizon: float, max_events: int, max_bytes: int) -> None:
        self.now = 0
        self.over: str | None = None
        self.stuck: str | None = None
        self.done: list[list[Any]] = []
        self.events: list[Event] = []
        self.dropped = 0
        self.unsettled = False
        self.settle: Callable[[], None] = lambda: None
        self._horizon = to_ns(horizon)
        self._max_events = max_events
        self._bytes_left = max_bytes
        self._timers: list[Timer] = []
        self._sequence = 0
        self._last_id = 0

    # -- the record

    def log(self, kind: str, *fields: Any) -> None:
        """Write an event down, as long as the run is on and there is room."""
        if self.over is not None and kind != "stop":
            return
        if len(self.events) >= self._max_events and kind not in ("stop", "return", "raise"):
            self.dropped += 1
        else:
            self.events.append((self.now, kind, *fields))

    def stop(self, why: str, text: str, line: str) -> None:
        """End the run, if it is not over; see `record.Stopped`."""
        if self.over is None:
            self.over = why
            self.log("stop", why, readable(text, MAX_TEXT), readable(line, MAX_TEXT))

    def spend(self, size: int) -> None:
        """Keep so many bytes more."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            self.stop("events", "the values that it sent and was sent are too much to keep", "")

    # -- numbers of the learner's side

    def take_id(self, id: int) -> None:
        """What is asked for is numbered upwards."""
        if id <= self._last_id:
            raise ProtocolError(f"number {id} is not above {self._last_id}")
        self._last_id = id

    def was_asked(self, id: int) -> bool:
        """Whether there has been something of that number."""
        return id <= self._last_id

    # -- time

    def pass_until(self, until: int | None) -> None:
        """Let time pass until something is done or `until` is reached, whichever is first."""
        if until is not None and until < self.now:
            raise ProtocolError(f"time does not go back, from {self.now} to {until} ns")
        self.stuck = None
        timers = self._timers
        while True:
            if self.unsettled:
                self.unsettled = False
                self.settle()
            if not timers:
                break
            when, _, action, argument = timers[0]
            if action is None:
                heapq.heappop(timers)
                continue
            if (self.done and when > self.now) or (until is not None and when > until):
                break
            heapq.heappop(timers)
            if not self._move_to(when):
                return
            action(argument)
        if self.done:
            return
        if until is None:
            self.stuck = "deadlock"  # who waits, and where, the learner's side says: its "stop" follows
        elif until > self.now:
            self._move_to(until)

    def at(self, when: int, action: Callable[[Any], None], argument: Any) -> Timer:
        """Do the action at that time; ``timer[2] = None`` cancels it."""
        self._sequence += 1
        timer = [when, self._sequence, action, argument]
        heapq.heappush(self._timers, timer)
        return timer

    def _move_to(self, when: int) -> bool:
        if when > self._horizon:
            self.stuck = "horizon"  # likewise: the learner's side says which line was waiting
            return False
        self.now = when
        return True
