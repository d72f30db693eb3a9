"""A record for a picture, also for one that is drawn many times a second: no finer than it can show."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

from asynclab.picture.rows import MAX_ROWS
from asynclab.record import Record
from asynclab.recorder import Recorder, Step, clock

#: What is closer together than this share of the time drawn is one: a pixel, or six where it moves.
FINE = 1 / 600
COARSE = 1 / 100


class Glance:
    """Reads a recorder again and again; looks at each step once, and at those of tasks with a row only."""

    def __init__(self, recorder: Recorder, share: float = COARSE) -> None:
        self._recorder, self._share = recorder, share
        self._seen_to = 0
        self._seen: list[Step] = []
        self._gap_ns = 0

    def record(self) -> Record:
        """What has been seen so far; turns of a task with less than a pixel between them are one."""
        new = self._recorder.steps_since(self._seen_to)
        if new:
            self._seen_to = new[-1][1]
        drawn = self._recorder.drawn(MAX_ROWS)
        steps = [step for steps in (self._seen, new) for step in steps if step[2] in drawn]
        self._seen = merged(steps, round(self._share * (clock() - self._recorder.start_ns)))
        return self._recorder.record_of(self._seen, until_now=True)


def merged(steps: Iterable[Step], gap_ns: int) -> list[Step]:
    """The steps in the order of their begin; those of one task become one where less is between them.

    >>> merged([(0, 10, 1, None), (12, 20, 1, "sleep"), (90, 95, 1, None)], 5)
    [(0, 20, 1, 'sleep'), (90, 95, 1, None)]
    """
    last: dict[int, Step] = {}
    done: list[Step] = []
    for step in steps:
        before = last.get(step[2])
        if before is None:
            last[step[2]] = step
        elif step[0] - before[1] < gap_ns:
            last[step[2]] = (before[0], *step[1:])
        else:
            done.append(before)
            last[step[2]] = step
    return sorted([*done, *last.values()], key=itemgetter(0))
