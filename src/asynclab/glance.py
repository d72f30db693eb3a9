"""A whole run as a record that is no finer than a picture of it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from operator import itemgetter

from asynclab.picture.rows import MAX_ROWS
from asynclab.record import Record
from asynclab.recorder import Recorder, Step, clock

#: What is closer together than this share of the time drawn is one: a pixel.
FINE = 1 / 600


def glance(recorder: Recorder) -> Record:
    """What has been seen so far; of turns those of tasks with a row, merged where no pixel is between."""
    others = (number for number in range(2, len(recorder.tasks) + 1) if number not in recorder.callers)
    drawn = {1, *islice(others, MAX_ROWS)}
    steps = [step for step in recorder.steps_since(0) if step[2] in drawn]
    return recorder.record_of(merged(steps, round(FINE * (clock() - recorder.start_ns))))


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
