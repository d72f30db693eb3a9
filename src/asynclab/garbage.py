"""When garbage is collected during a run: at moments of its own choice, and no older garbage than its own.

Python's collector comes when the process has made so many objects, before the run and in it. What it
finalises then may start a task or complain, so that a run would not repeat; and in a large process
it can take longer than the run has.
"""

from __future__ import annotations

import gc
import threading

#: So many idle moments of a run may leave garbage before it is collected.
EVERY = 10_000

#: Every so many times all that the run has made is looked through, which with many clients takes long; else
#: what is new, since most garbage is.
OF_ALL = 10

#: After so many runs all garbage is collected. Python's own collector comes when enough is new, and what was
#: thawed counts as old: beside runs that follow each other it would never come.
RUNS = 200


class _LeftAlone:
    """Inside the block, by whichever threads it was entered, what was there before the first stays as it is.

    The collector comes for what is new only. To look through all that a notebook's kernel has imported holds
    a watched loop so long that `watch` would call it blocked.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered = 0

    def __enter__(self) -> None:
        with self._lock:
            self._entered += 1
            if self._entered == 1:
                gc.freeze()

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._entered -= 1
            if not self._entered:
                gc.unfreeze()


what_is_old_left_alone = _LeftAlone()


class _Paused:
    """Inside the block, by whichever threads it was entered, the collector does not come by itself.

    What was there before the first of them is left alone: it is not to complain in the run's name.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered = 0
        self._left = 0
        self._was_on = False

    def __enter__(self) -> None:
        what_is_old_left_alone.__enter__()
        with self._lock:
            self._entered += 1
            if self._entered == 1:
                self._was_on = gc.isenabled()
                gc.disable()
                gc.freeze()  # also what has come since a watched loop left the old alone

    def __exit__(self, *error: object) -> None:
        what_is_old_left_alone.__exit__()
        with self._lock:
            self._entered -= 1
            if not self._entered:
                self._left += 1
                if self._was_on:
                    gc.enable()
                    if self._left % RUNS == 0:
                        gc.collect()


no_collection = _Paused()


def collect() -> None:
    """Collect what the run has made."""
    gc.collect()


def collect_at(idle_moment: int) -> None:
    """The same, where it is time for it: at this idle moment of a run, which counts them from 1."""
    times, over = divmod(idle_moment, EVERY)
    if not over:
        gc.collect(2 if times % OF_ALL == 0 else 1)
