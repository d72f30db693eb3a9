"""The computer of a world: its cores, and the lanes that run on it, stand still and compute.

Lane 0 is the thread of the event loop; the others are threads and process jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from asynclab.proceedings import Proceedings, Timer
from asynclab.protocol import ProtocolError, shown
from asynclab.resources import Pool, Processor

MAX_JOBS = 10_000
MAX_POOLS = 1_000


class _Job:
    """A thread or a process job."""

    __slots__ = ("kind", "name", "pool", "running")

    def __init__(self, pool: str, kind: str, name: str) -> None:
        self.pool = pool
        self.kind = kind
        self.name = name
        self.running = False


class Computer:
    """`start_cost` (ns) and `memory` (MB) are those of a new worker, a "thread" or a "process"."""

    def __init__(
        self, run: Proceedings, cores: int, start_cost: Mapping[str, int], memory: Mapping[str, float]
    ) -> None:
        self._run = run
        self._start_cost = start_cost
        self._memory = memory
        self._jobs: dict[int, _Job] = {}
        self._pools: dict[str, Pool] = {}
        self._processor = Processor(cores)
        self._then: dict[int, Callable[[], None]] = {}  # what the end of a lane's computing brings
        self._computing_ends: Timer | None = None
        self._running = 0  # jobs that have a worker
        self._blocked: dict[int, str] = {}  # lanes that stand still, and in which task or job
        self._loop_waits = False  # lane 0 stands still until it says that it goes on
        self._waiting: set[int] = set()  # those of them that do not compute meanwhile
        run.settle = self._plan_end_of_computing

    def check_lane(self, lane: int) -> None:
        """Refuse what comes from a lane that does not run now."""
        if lane != 0 and not (lane in self._jobs and self._jobs[lane].running):
            raise ProtocolError(f"there is no lane {lane} that runs")
        if lane in self._blocked:
            raise ProtocolError(f"lane {lane} acts while it stands still")

    def on_block(self, lane: int, why: str, duration: int, task: str, line: str) -> None:
        self.check_lane(lane)
        if why not in ("sleep", "python", "native"):
            raise ProtocolError(f"a lane cannot be blocked by {shown(why)}")
        self.hold(lane, task, why, line, computes=why != "sleep")
        if why == "sleep":
            self._run.at(self._run.now + duration, self._unblock, lane)
        else:
            self.compute(lane, why, duration, partial(self._unblock, lane))

    # -- lanes that stand still

    def hold(self, lane: int, task: str, why: str, line: str, *, computes: bool) -> None:
        """Let the lane stand still until `release`."""
        self._blocked[lane] = task
        if lane == 0:
            self._run.log("block", task, why, line)
        elif not computes:
            self._waiting.add(lane)
            self._run.log("wait", lane, why)

    def _unblock(self, lane: int) -> None:
        self.release(lane)
        self._run.done.append([lane, "unblock"])

    def release(self, lane: int) -> None:
        task = self._blocked.pop(lane)
        if lane == 0:
            self._run.log("unblock", task)
        elif lane in self._waiting:
            self._waiting.remove(lane)
            self._run.log("run", lane)

    def on_wait(self, task: str, line: str) -> None:
        """The loop's thread waits for another lane: nothing else can run, as with any block."""
        self.check_lane(0)
        self.hold(0, task, "wait", line, computes=False)
        self._loop_waits = True

    def on_go_on(self, task: str) -> None:
        if not self._loop_waits:
            raise ProtocolError("lane 0 goes on and had not waited")
        self._loop_waits = False
        self.release(0)

    # -- threads and process jobs

    def on_job(self, id: int, pool: str, kind: str, size: int, name: str) -> None:
        self._run.take_id(id)
        if self._running + 1 <= len(self._blocked):
            raise ProtocolError("a job is submitted while every lane stands still")
        if kind not in self._start_cost:
            raise ProtocolError(f"there are no {shown(kind)} jobs")
        if len(self._jobs) >= MAX_JOBS or len(self._pools) >= MAX_POOLS:
            self._run.stop("events", f"it had {MAX_JOBS:,} jobs or {MAX_POOLS:,} executors", "")
            return
        self._jobs[id] = _Job(pool, kind, name)
        self._run.log("task", id, name, None)
        if not pool:
            self._begin_job(id, new=True)
            return
        workers = self._pools.setdefault(pool, Pool("process" if kind == "process" else "thread", size))
        if workers.kind != kind:
            raise ProtocolError(f"a {workers.kind} pool takes no {kind} jobs")
        taken = workers.take(id)
        if taken != "wait":
            self._begin_job(id, new=taken == "new")

    def _begin_job(self, id: int, *, new: bool) -> None:
        kind = self._jobs[id].kind
        if new:
            self._run.log("worker", kind, self._memory[kind])
        self._run.at(self._run.now + (self._start_cost[kind] if new else 0), self._job_runs, id)

    def _job_runs(self, id: int) -> None:
        self._jobs[id].running = True
        self._running += 1
        self._run.log("run", id)
        self._run.done.append([id, "start"])

    def on_done(self, id: int) -> None:
        if id == 0:
            raise ProtocolError("the loop's own lane is no job")
        self.check_lane(id)
        job = self._jobs.pop(id)
        self._running -= 1
        self._run.log("end", id, "returned")
        if job.pool:
            next_id = self._pools[job.pool].release()
            if next_id is not None:
                self._begin_job(next_id, new=False)

    # -- computing

    def compute(self, lane: int, kind: Any, work: int, then: Callable[[], None]) -> None:
        """Keep a core busy with so many ns of work."""
        self._then[lane] = then
        process = lane if lane and self._jobs[lane].kind == "process" else 0
        self._processor.start(lane, kind, process, work, self._run.now)
        self._run.unsettled = True  # many may start now; when the next one ends is worked out once

    def _plan_end_of_computing(self) -> None:
        if self._computing_ends is not None:
            self._computing_ends[2] = None
        end = self._processor.next_end()
        self._computing_ends = None if end is None else self._run.at(end, self._computed, None)

    def _computed(self, _: None) -> None:
        self._computing_ends = None
        for lane in self._processor.ended(self._run.now):
            self._then.pop(lane)()
        self._run.unsettled = True
