"""The same job in sequence, in threads, in tasks of the event loop, and in processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from asynclab.machine.board import Board
from asynclab.machine.findings import Finding, Findings, Word, middle
from asynclab.machine.jobs import native, python, wait

Kind = Literal["wait", "python", "native"]

#: How often computing is measured each way. The rounds take turns, so that a disturbance hits all ways.
ROUNDS = 3

#: A process that got less of a core than this was measured on a machine that had other things to do.
WHOLE_CORE = 0.8

#: As many waits, of so many seconds; the document's ten waited 0.5 s.
WAITS, WAIT = 10, 0.1


#: More than the document's four are not used: twice as many jobs are run, one after the other, too.
MOST_CORES = 4


def cores_here() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


@dataclass(frozen=True)
class Way:
    """How long one way took for all jobs, in seconds on the wall, and how many of these it had a core."""

    seconds: float
    cpu: float


async def four_ways(kind: Kind, *, cores: int | None = None) -> Findings:
    """Run the same jobs four ways, and show beside each time what was claimed of it.

    `kind` is "wait" for ten waits of 0.1 s, "python" for computing with the GIL, "native" for computing in
    NumPy, which releases it. `cores` is how many threads and processes compute; by default as many as there
    are, and at most four.
    """
    if kind not in ("wait", "python", "native"):
        raise ValueError(f'there are "wait", "python" and "native"; {kind!r} is none of them')
    return await (_waits() if kind == "wait" else _computing(kind, cores or min(MOST_CORES, cores_here())))


# -- waiting


async def _waits() -> Findings:
    board = Board(f"{WAITS} waits of {WAIT} s", steps=4)
    sequential = await _timed(asyncio.to_thread(lambda: [wait(WAIT) for _ in range(WAITS)]))
    board.step(_wait_row("sequential", sequential, claimed=10.0))
    with ThreadPoolExecutor(WAITS) as pool:
        threads = await _timed(_in_pool(pool, wait, WAITS))
    board.step(_wait_row("threads", threads, claimed=1.2))
    tasks = await _timed(asyncio.gather(*[asyncio.sleep(WAIT) for _ in range(WAITS)]))
    board.step(_wait_row("async", tasks, claimed=1.0))
    with process_pool(4) as processes:
        await _started(processes, 4)
        took = await _timed(_in_pool(processes, wait, WAITS))
    board.step(_wait_row("4 processes", took, claimed=1.4))
    return board.finish()


def _wait_row(what: str, took: float, claimed: float) -> Finding:
    """In waits: the number does not depend on how long one wait is. A claim is met a fifth above it, too."""
    waits = took / WAIT
    verdict: Word = "true" if waits <= 1.2 * claimed else "false" if waits >= 2 * claimed else "cannot tell"
    why = {
        "sequential": "one after the other",
        "threads": "each wait has a thread of its own",
        "async": "one thread, ten timers",
        "4 processes": "4 at once are 3 rounds: three waits is the least",
    }[what]
    if verdict == "cannot tell":
        why = "slower than claimed, but not by so much that a busy machine could not be the reason"
    return Finding(
        what,
        f"{took:.2f} s, {waits:.1f} waits",
        f"{claimed:g} wait{'' if claimed == 1 else 's'}",
        verdict,
        why,
        took,
    )


# -- computing

CLAIMS = {"python": {"threads": 0.98, "async": 0.96}, "native": {"threads": 1.0, "async": 1.0}}


async def _computing(kind: Literal["python", "native"], cores: int) -> Findings:
    work = python if kind == "python" else native
    count = 2 * cores
    what = "Python code" if kind == "python" else "NumPy's sine"
    board = Board(f"{count} jobs of {what}, {cores} at once", steps=3 * ROUNDS + 2)
    ways: dict[str, list[Way]] = {"sequential": [], "threads": [], "async": []}
    work()  # imports and caches
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(ROUNDS):
            ways["sequential"].append(await _way(asyncio.to_thread(_in_sequence, work, count)))
            board.step(*_times(ways))
            ways["threads"].append(await _way(_in_pool(pool, work, count)))
            board.step(*_times(ways))
            ways["async"].append(await _way(_in_tasks(work, count)))
            board.step(*_times(ways))
    began = time.perf_counter()
    with process_pool(cores) as processes:
        await _started(processes, cores)
        await _in_pool(processes, work, cores)
        start = time.perf_counter() - began
        board.step(Finding("start of the processes", f"{start:.2f} s", why="with their imports", bar=start))
        ways["processes"] = [await _way(_in_pool(processes, work, count)) for _ in range(ROUNDS)]
    board.step(*_verdicts(kind, cores, ways), *_process_rows(cores, ways, start))
    return board.finish()


def _times(ways: dict[str, list[Way]]) -> list[Finding]:
    """What is known so far."""
    took = {way: _seconds(rounds) for way, rounds in ways.items() if rounds}
    return [Finding(way, f"{seconds:.2f} s", bar=seconds) for way, seconds in took.items()]


def _verdicts(kind: str, cores: int, ways: dict[str, list[Way]]) -> list[Finding]:
    base = _seconds(ways["sequential"])
    rows = []
    for way, claimed in CLAIMS[kind].items():
        took = _seconds(ways[way])
        verdict, why = judge_speedup(
            base / took, claimed, busy=_busy(ways[way]), spare=_busy(ways["processes"]) / cores
        )
        claim = f"{claimed:g} times as fast"
        rows.append(Finding(way, _speed(took, base), claim, verdict, why, took))
    return rows


def _process_rows(cores: int, ways: dict[str, list[Way]], start: float) -> list[Finding]:
    base, took = _seconds(ways["sequential"]), _seconds(ways["processes"])
    claimed = 0.9 * cores  # 3.6 on 4 cores
    verdict, why = judge_processes(
        base / took, base / (took + start), claimed, spare=_busy(ways["processes"]) / cores
    )
    return [
        Finding("processes", _speed(took, base), f"{claimed:g} times as fast", verdict, why, took),
        Finding("processes, with their start", _speed(took + start, base), bar=took + start),
    ]


def judge_speedup(speedup: float, claimed: float, *, busy: float, spare: float) -> tuple[Word, str]:
    """Whether a way is about as fast as the sequence. `busy` is how many cores it kept busy, `spare` what
    part of a core each process got afterwards: without cores to be had, no way could have been faster.

    >>> judge_speedup(1.05, 0.98, busy=1.0, spare=0.97)
    ('true', 'one core computed at a time')
    >>> judge_speedup(1.9, 1.0, busy=1.9, spare=0.97)
    ('false', '1.9 cores computed at once')
    """
    if speedup >= 1.4 * claimed and busy >= 1.3:
        return "false", f"{busy:.1f} cores computed at once"
    if spare < WHOLE_CORE:
        return "cannot tell", f"the machine is busy: a process got {spare:.0%} of a core"
    if 0.6 * claimed <= speedup < 1.4 * claimed:
        return "true", "one core computed at a time"
    return "cannot tell", "the rounds differ too much: measure again"


def judge_processes(started: float, whole: float, claimed: float, *, spare: float) -> tuple[Word, str]:
    """Whether processes are as fast as claimed, once they run (`started`) and with their start (`whole`).

    >>> judge_processes(1.8, 0.4, claimed=1.8, spare=0.97)
    ('depends', 'on how long the jobs are: here the start costs more than they gain')
    """
    if started >= 0.8 * claimed:
        if whole >= 0.8 * claimed:
            return "true", "each process has a GIL, and had a core"
        return "depends", "on how long the jobs are: here the start costs more than they gain"
    if spare < WHOLE_CORE:
        return "cannot tell", f"the machine is busy: a process got {spare:.0%} of a core"
    return "false", "each had a core, and there was no more to gain"


def _seconds(ways: list[Way]) -> float:
    return middle([way.seconds for way in ways])


def _busy(ways: list[Way]) -> float:
    """How many cores computed at once, on average, in the middle round."""
    return middle([way.cpu / way.seconds for way in ways])


def _speed(took: float, base: float) -> str:
    return f"{took:.2f} s, {base / took:.2f} times as fast"


# -- how the jobs are run


def process_pool(workers: int) -> ProcessPoolExecutor:
    """New Pythons, everywhere: a fork of a kernel would copy its threads' locks without its threads."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


async def _started(pool: Executor, workers: int) -> None:
    """Wait until all workers are there: as many jobs that wait need as many workers."""
    await _in_pool(pool, wait, workers)


async def _in_pool(pool: Executor, work: Callable[[], float], count: int) -> float:
    loop = asyncio.get_running_loop()
    return sum(await asyncio.gather(*[loop.run_in_executor(pool, work) for _ in range(count)]))


def _in_sequence(work: Callable[[], float], count: int) -> float:
    return sum(work() for _ in range(count))


async def _in_tasks(work: Callable[[], float], count: int) -> float:
    async def one() -> float:
        await asyncio.sleep(0)
        return work()

    return sum(await asyncio.gather(*[one() for _ in range(count)]))


async def _timed(running: Awaitable[object]) -> float:
    began = time.perf_counter()
    await running
    return time.perf_counter() - began


async def _way(running: Awaitable[float]) -> Way:
    began = time.perf_counter()
    cpu = await running
    return Way(time.perf_counter() - began, cpu)
