"""The world with recording on, against other clocks that do not wait: CPU seconds for the same work.

`sleepers`: each task sleeps between 1 and 2 s, three times over, on a clock of its own.
`timeouts`: each task runs into a timeout of 0.5 s in two sleeps of three.
`calls`: calls to a service of the world's, 100 at a time; the other clocks have no services.

One process, the libraries take turns in every repetition, medians. The ratio is ours over the
faster of the two other asyncio clocks, of whichever workload it is worse in.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from table import arguments, cpu_seconds, machine, report

from asynclab.play import Limits, play
from asynclab.record import Returned
from asynclab.world import World

try:
    import async_solipsism  # type: ignore[import-untyped]
    import looptime
    import simpy
    import trio
    import trio.testing
except ImportError as missing:
    sys.exit(f"the other clocks are not all there ({missing}): python -m pip install -e '.[bench]'")

TIMEOUT = 0.5
AT_ONCE = 100

#: No run ends for want of time: slowness is what is measured.
LIMITS = Limits(cpu=3600, wall=3600)

Workload = Callable[[int, int], Coroutine[Any, Any, None]]


def long_sleep(number: int) -> float:
    return 1 + (number % 97) / 97


def short_sleep(number: int) -> float:
    return 0.2 + (number % 97) / 97


# -- the work in asyncio, for the world, looptime and async-solipsism


async def sleepers(tasks: int, rounds: int) -> None:
    async def one(number: int) -> None:
        for _ in range(rounds):
            await asyncio.sleep(long_sleep(number))

    await asyncio.gather(*map(one, range(tasks)))


async def timeouts(tasks: int, rounds: int) -> None:
    async def one(number: int) -> None:
        for _ in range(rounds):
            try:
                async with asyncio.timeout(TIMEOUT):
                    await asyncio.sleep(short_sleep(number))
            except TimeoutError:
                pass

    await asyncio.gather(*map(one, range(tasks)))


def in_world(work: Workload, tasks: int, rounds: int) -> None:
    outcome = play(World(seed=1), work, tasks, rounds, limits=LIMITS).outcome
    assert isinstance(outcome, Returned), outcome


def in_loop(loop: asyncio.AbstractEventLoop, work: Workload, tasks: int, rounds: int) -> None:
    try:
        loop.run_until_complete(work(tasks, rounds))
    finally:
        loop.close()


def in_looptime(work: Workload, tasks: int, rounds: int) -> None:
    in_loop(looptime.new_event_loop(), work, tasks, rounds)


def in_solipsism(work: Workload, tasks: int, rounds: int) -> None:
    in_loop(async_solipsism.EventLoop(), work, tasks, rounds)


# -- the same work in trio and in SimPy


def in_trio(work: Workload, tasks: int, rounds: int) -> None:
    async def sleeper(number: int) -> None:
        for _ in range(rounds):
            await trio.sleep(long_sleep(number))

    async def in_time(number: int) -> None:
        for _ in range(rounds):
            with trio.move_on_after(TIMEOUT):
                await trio.sleep(short_sleep(number))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(tasks):
                nursery.start_soon(sleeper if work is sleepers else in_time, number)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def in_simpy(work: Workload, tasks: int, rounds: int) -> None:
    environment = simpy.Environment()

    def sleeper(number: int) -> Generator[Any, Any, None]:
        for _ in range(rounds):
            yield environment.timeout(long_sleep(number))

    def in_time(number: int) -> Generator[Any, Any, None]:
        for _ in range(rounds):
            yield environment.timeout(short_sleep(number)) | environment.timeout(TIMEOUT)

    for number in range(tasks):
        environment.process((sleeper if work is sleepers else in_time)(number))
    environment.run()


LIBRARIES: dict[str, Callable[[Workload, int, int], None]] = {
    "asynclab": in_world,
    "looptime": in_looptime,
    "async-solipsism": in_solipsism,
    "trio MockClock": in_trio,
    "SimPy": in_simpy,
}
OTHER_ASYNCIO = ("looptime", "async-solipsism")
WORKLOADS: dict[str, Workload] = {"sleepers": sleepers, "timeouts": timeouts}


# -- calls to a service, which only the world has


async def ask(store: Any, calls: int) -> None:
    keys = iter(range(calls))

    async def worker() -> None:
        for key in keys:
            await store.get(f"user-{key}")

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def call_service(calls: int) -> None:
    world = World(seed=1, max_events=2 * calls + 1)
    store = world.service("store", latency=0.1)
    record = play(world, ask, store, calls, limits=LIMITS)
    assert len(record.calls()) == calls, record.outcome


# -- the measurement


def measure(tasks: int, rounds: int, calls: int, repeat: int) -> dict[str, Any]:
    """CPU seconds by library and workload, all taken in turn `repeat` times, and what follows from them."""
    taken: dict[tuple[str, str], list[float]] = {}
    asked = []
    for _ in range(repeat):
        for workload, work in WORKLOADS.items():
            for library, run in LIBRARIES.items():
                spent = cpu_seconds(lambda run=run, work=work: run(work, tasks, rounds))  # type: ignore[misc]
                taken.setdefault((library, workload), []).append(spent)
        asked.append(cpu_seconds(lambda: call_service(calls)))
    medians = {
        library: {workload: statistics.median(taken[library, workload]) for workload in WORKLOADS}
        for library in LIBRARIES
    }
    ratios = {
        workload: medians["asynclab"][workload] / min(medians[other][workload] for other in OTHER_ASYNCIO)
        for workload in WORKLOADS
    }
    return {
        "ratio_to_fastest_asyncio": round(max(ratios.values()), 3),
        "ratios": {workload: round(ratio, 3) for workload, ratio in ratios.items()},
        "median_cpu_seconds": {
            library: {workload: round(spent, 4) for workload, spent in by_workload.items()}
            for library, by_workload in medians.items()
        },
        "events_per_cpu_second": round(2 * calls / statistics.median(asked)),
        "tasks": tasks,
        "rounds": rounds,
        "calls": calls,
        "repeat": repeat,
        **machine(),
    }


def main() -> None:
    options = arguments(
        str(__doc__).partition("\n")[0],
        tasks=(10_000, "tasks at the same time"),
        rounds=(3, "sleeps of each task"),
        calls=(10_000, f"calls to a service, {AT_ONCE} at a time"),
        repeat=(5, "repetitions, of which the medians count"),
    )
    result = measure(options.tasks, options.rounds, options.calls, options.repeat)
    seconds = result["median_cpu_seconds"]
    rows = [
        ["CPU seconds", *WORKLOADS],
        *([library, *(f"{seconds[library][work]:.3f}" for work in WORKLOADS)] for library in LIBRARIES),
        ["asynclab / fastest other asyncio", *(f"{result['ratios'][work]:.2f}" for work in WORKLOADS)],
    ]
    notes = [
        f"{options.tasks:,} tasks, {options.rounds} rounds, medians of {options.repeat}",
        f"the worse ratio is {result['ratio_to_fastest_asyncio']:.2f}, with recording on",
        (
            f"{options.calls:,} calls, {AT_ONCE} at a time: "
            f"{result['events_per_cpu_second']:,} events (call and reply) per CPU second"
        ),
    ]
    report(result, rows, notes, as_json=options.json)


if __name__ == "__main__":
    main()
