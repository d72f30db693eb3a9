"""When the loop ran each task, no finer than a moving picture can show, and of those only that it shows.

A busy loop takes tens of thousands of steps a second. Of most tasks only the last one is remembered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from operator import itemgetter

from asynclab.recorder import Recorder, Step

#: So many turns, of all tasks with a row together, can be in a window; those of a task with less between them
#: than that allows are one. Of few tasks they are as fine as a pixel.
MOST_TURNS = 1200
FINEST = 600  # of one task


class Turns:
    """Reads a recorder's steps again and again, each time what is new. All times are the clock's (ns)."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._new: list[Step] = []
        self._seen_to = self._seen_to_before = 0
        self._ran_until: dict[int, int] = {}
        self._followed: dict[int, TurnsOfOneTask] = {}

    def read(self) -> None:
        """Read what is new."""
        self._new = self._recorder.steps_since(self._seen_to)
        self._seen_to_before = self._seen_to
        if self._new:
            self._seen_to = self._new[-1][1]
            self._ran_until.update(map(itemgetter(2, 1), self._new))

    def ran_after(self, number: int, at: int) -> bool:
        return self._ran_until.get(number, -1) >= at

    def follow(self, numbers: Collection[int], since: int, now: int) -> None:
        """From here on know the turns of these tasks, back to `since`, and of no others."""
        for number in self._followed.keys() - numbers:
            del self._followed[number]
        late = {number for number in numbers if number not in self._followed and not self._is_new(number)}
        steps = [step for step in self._new if step[2] in numbers and step[2] not in late]
        if late:
            before = self._recorder.steps_since(since)
            steps += [step for step in before if step[2] in late and step[1] <= self._seen_to]
        most = min(MOST_TURNS // max(len(numbers), 1), FINEST)
        gap = (now - since) // most
        for begin, end, number, _ in steps:
            self._of(number).add(begin, end, gap)
        for turns in self._followed.values():
            turns.thin(gap, most)

    def _is_new(self, number: int) -> bool:
        return self._recorder.tasks[number - 1].made_ns >= self._seen_to_before

    def _of(self, number: int) -> TurnsOfOneTask:
        if number not in self._followed:
            self._followed[number] = TurnsOfOneTask()
        return self._followed[number]

    def of(self, number: int, since: int) -> Iterator[tuple[int, int]]:
        """The turns of a task that is followed which ended at `since` or later: from, to."""
        return self._followed[number].after(since) if number in self._followed else iter(())

    def forget(self, number: int) -> None:
        self._ran_until.pop(number, None)
        self._followed.pop(number, None)


class TurnsOfOneTask:
    """Two lists of plain numbers: the garbage collector looks through a list of pairs again and again."""

    def __init__(self) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []

    def add(self, begin: int, end: int, gap: int) -> None:
        """One more turn; with less than the gap before it, it is one with the last."""
        if self._ends and begin - self._ends[-1] < gap:
            self._ends[-1] = end
        else:
            self._begins.append(begin)
            self._ends.append(end)

    def thin(self, gap: int, most: int) -> None:
        """While the run was short, shorter gaps could be seen."""
        if len(self._ends) <= 2 * most:
            return
        begins, ends = self._begins, self._ends
        self._begins, self._ends = [], []
        for begin, end in zip(begins, ends, strict=True):
            self.add(begin, end, gap)
        del self._begins[: -most - 1], self._ends[: -most - 1]

    def after(self, since: int) -> Iterator[tuple[int, int]]:
        first = bisect_left(self._ends, since)
        return zip(self._begins[first:], self._ends[first:], strict=True)
