"""Cores, the GIL and pools of workers: how fast computing goes when there is more of it than cores.

Costs are declared, never measured: a learner's own Python takes no time here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

#: "python" holds the GIL of its process, "native" has let go of it; "sleep" needs no core.
Kind = Literal["python", "native"]


@dataclass
class _Computation:
    lane: int
    kind: Kind
    process: int  # lanes of one process share a GIL; 0 is the process of the event loop
    left: Fraction  # ns of work on a whole core


class Processor:
    """Cores that are given out whole, in order of submission, and one GIL for each process.

    Threads that hold the GIL share one core in equal parts, which is what CPython's switch interval
    comes to. With two threads of one process on four cores, each goes at half speed:

    >>> processor = Processor(cores=4)
    >>> processor.start(lane=1, kind="python", process=0, work_ns=100, now=0)
    >>> processor.start(lane=2, kind="python", process=0, work_ns=100, now=0)
    >>> processor.next_end()
    200
    """

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self._computing: dict[int, _Computation] = {}
        self._now = 0

    def start(self, lane: int, kind: Kind, process: int, work_ns: int, now: int) -> None:
        """A lane begins to compute for `work_ns` nanoseconds of one core."""
        self._settle(now)
        self._computing[lane] = _Computation(lane, kind, process, Fraction(work_ns))

    def next_end(self) -> int | None:
        """When the next computation ends, in ns, if nothing else happens before; None when there is none."""
        rates = self._rates()
        ends = [
            self._now + (-(-one.left // rates[one.lane]) if one.left > 0 else 0)
            for one in self._computing.values()
            if rates[one.lane] or one.left <= 0
        ]
        return int(min(ends)) if ends else None

    def ended(self, now: int) -> list[int]:
        """The lanes whose computation is over by now, in order of submission; they are taken off."""
        self._settle(now)
        over = sorted(lane for lane, one in self._computing.items() if one.left <= 0)
        for lane in over:
            del self._computing[lane]
        return over

    def _settle(self, now: int) -> None:
        if now == self._now:
            return
        rates = self._rates()
        for one in self._computing.values():
            one.left -= rates[one.lane] * (now - self._now)
        self._now = now

    def _rates(self) -> dict[int, Fraction]:
        """The part of a core that each lane has."""
        free = self.cores
        rates: dict[int, Fraction] = {}
        for lanes in self._in_turn():
            for lane in lanes:
                rates[lane] = Fraction(1, len(lanes)) if free > 0 else Fraction(0)
            free -= 1
        return rates

    def _in_turn(self) -> list[list[int]]:
        """Who asks for a core, in order: the lanes that share a GIL together, every other lane alone."""
        groups: dict[tuple[int, int], list[int]] = {}
        for one in sorted(self._computing.values(), key=lambda one: one.lane):
            alone = one.lane if one.kind == "native" else -1
            groups.setdefault((one.process, alone), []).append(one.lane)
        return sorted(groups.values(), key=lambda lanes: (0 not in lanes, lanes[0]))


@dataclass
class Pool:
    """Workers of an executor: at most `size`, made when a job finds none idle."""

    kind: Literal["thread", "process"]
    size: int
    workers: int = 0
    idle: int = 0
    line: deque[int] = field(default_factory=deque)

    def take(self, job: int) -> Literal["idle", "new", "wait"]:
        """Who takes the job: an idle worker, a new one, or nobody yet, so that it waits in line."""
        if self.idle:
            self.idle -= 1
            return "idle"
        if self.workers < self.size:
            self.workers += 1
            return "new"
        self.line.append(job)
        return "wait"

    def release(self) -> int | None:
        """A worker is done; the next job that it takes from the line, or None when it is idle now."""
        if self.line:
            return self.line.popleft()
        self.idle += 1
        return None
