"""What watching costs: CPU time for each switch of tasks, and what a plot that moves does to a loop.

The recorder's part runs here, each way on the same 20 tasks, in turns; AsyncFlow and viztracer join in where
they are installed. The plot's part runs in a kernel that is sent its cells as a front end sends them.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from table import arguments, machine, report

from asynclab.driver import recorder_here, task_factory
from asynclab.recorder import Recorder

TASKS = 20

#: A run with a recorder may take so many times what it takes without.
BAR = 1.35

Way = Callable[[asyncio.AbstractEventLoop], Any]


async def worker(switches: int) -> None:
    for _ in range(switches):
        await asyncio.sleep(0)


async def switch(switches: int, way: Way) -> float:
    """CPU seconds of this thread for `switches` switches of each task."""
    with way(asyncio.get_running_loop()):
        began = time.thread_time()
        await asyncio.gather(*[asyncio.create_task(worker(switches)) for _ in range(TASKS)])
        return time.thread_time() - began


@contextmanager
def nobody(_: asyncio.AbstractEventLoop) -> Iterator[None]:
    yield


@contextmanager
def our_recorder(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    token = recorder_here.set(Recorder())
    try:
        with task_factory(loop):
            yield
    finally:
        recorder_here.reset(token)


@contextmanager
def asyncflow(_: asyncio.AbstractEventLoop) -> Iterator[None]:
    from wigglystuff.async_flow import AsyncFlow  # type: ignore[import-not-found, unused-ignore]

    with AsyncFlow.record():
        yield


@contextmanager
def viztracer(_: asyncio.AbstractEventLoop) -> Iterator[None]:
    from viztracer import VizTracer  # type: ignore[import-not-found, unused-ignore]

    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "trace.json")
        tracer = VizTracer(log_async=True, verbose=0, tracer_entries=10_000_000, output_file=file)
        tracer.start()
        try:
            yield
        finally:
            tracer.stop()
            tracer.clear()


def ways() -> dict[str, Way]:
    found: dict[str, Way] = {"no recorder": nobody, "watch": our_recorder}
    if find_spec("viztracer"):
        found["viztracer log_async"] = viztracer
    return found


def measure_switches(switches: int, repeat: int) -> dict[str, float]:
    """Microseconds of CPU a switch, by way: the best of the repetitions, which are taken in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in ways()}
    for _ in range(repeat):
        for name, way in ways().items():
            seconds[name].append(asyncio.run(switch(switches, way)))
    return {name: 1e6 * min(times) / (switches * TASKS) for name, times in seconds.items()}


def main() -> None:
    options = arguments(
        str(__doc__).partition("\n")[0],
        switches=(4_000, "switches of each task"),
        repeat=(7, "repetitions, of which the best counts"),
    )
    costs = measure_switches(options.switches, options.repeat)
    result = {
        "switch_cpu_us": {name: round(cost, 3) for name, cost in costs.items()},
        "ratio": round(costs["watch"] / costs["no recorder"], 3),
        "repeat": options.repeat,
        **machine(),
    }
    rows = [["", "CPU us a switch", "ratio"]]
    rows += [[name, f"{cost:.3f}", f"{cost / costs['no recorder']:.2f}"] for name, cost in costs.items()]
    report(
        result, rows, [f"{TASKS} tasks, {options.switches:,} switches each; bar {BAR}"], as_json=options.json
    )


if __name__ == "__main__":
    main()
