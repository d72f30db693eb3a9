"""What watching costs: CPU time for each switch of tasks, and what a plot that moves does to a loop.

The recorder's part runs here, each way on the same 20 tasks, in turns. AsyncFlow (of wigglystuff, from
Python 3.12 on) and viztracer join in where they are installed. The other parts run in a kernel that is sent
its cells as a front end sends them; a Python without ipykernel prints the first part only.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from table import arguments, machine, report

from asynclab.driver import recorder_here, task_factory
from asynclab.recorder import Recorder

TASKS = 20

#: A run with a recorder may take so many times what it takes without.
BAR = 1.35

Way = Callable[[], AbstractAsyncContextManager[None]]


async def worker(switches: int) -> None:
    for _ in range(switches):
        await asyncio.sleep(0)


async def switch(switches: int, way: Way) -> float:
    """CPU seconds of this thread for `switches` switches of each task."""
    async with way():
        began = time.thread_time()
        await asyncio.gather(*[asyncio.create_task(worker(switches)) for _ in range(TASKS)])
        return time.thread_time() - began


@asynccontextmanager
async def nobody() -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def our_recorder() -> AsyncIterator[None]:
    token = recorder_here.set(Recorder())
    try:
        with task_factory(asyncio.get_running_loop()):
            yield
    finally:
        recorder_here.reset(token)


@asynccontextmanager
async def async_flow() -> AsyncIterator[None]:
    """Its logger alone: no widget is sent what it collects."""
    from wigglystuff.async_flow import AsyncFlowLogger  # type: ignore[import-not-found, unused-ignore]

    async with AsyncFlowLogger([worker.__code__.co_filename]):
        yield


@asynccontextmanager
async def viztracer() -> AsyncIterator[None]:
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
    if find_spec("wigglystuff") and sys.version_info >= (3, 12):
        found["AsyncFlow"] = async_flow
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


#: Runs in a kernel: how late a sleep of 2 ms ends beside 200 busy tasks, and what the frames cost.
BESIDE_A_PLOT = """
import asyncio, json, random, time
from asynclab import screen, watch
from asynclab.demo import Store

frames, of_this_frame = [], []
part, rest = screen.Screen._part, screen.Screen._rest

def timed(self):
    began = time.thread_time()
    part(self)
    of_this_frame.append(1000 * (time.thread_time() - began))

def frame_is_drawn(self):
    frames.append(sum(of_this_frame))
    of_this_frame.clear()
    return rest(self)

screen.Screen._part, screen.Screen._rest = timed, frame_is_drawn

async def busy(dice, ends):
    while time.perf_counter() < ends:
        sum(range(500))
        await asyncio.sleep(dice.uniform(0.001, 0.02))

async def ask(store, queue, ends):
    while time.perf_counter() < ends:
        await store.get("user-1")
        queue.put_nowait("answer")
        if queue.qsize() > 20:
            queue.get_nowait()

async def sleeper(late, ends):
    while time.perf_counter() < ends:
        due = time.perf_counter() + 0.002
        await asyncio.sleep(0.002)
        late.append(1000 * (time.perf_counter() - due))

async def load(queue, late, seconds):
    ends, dice = time.perf_counter() + seconds, random.Random(1)
    store = Store(latency=0.2)
    tasks = [ask(store, queue, ends) for _ in range(20)] + [busy(dice, ends) for _ in range(180)]
    await asyncio.gather(sleeper(late, ends), *tasks)

async def measure(fps, seconds):
    late, queue = [], asyncio.Queue()
    frames.clear()
    if fps is None:
        await load(queue, late, seconds)
    else:
        screen.FRAME = 1 / fps if fps else 1e6
        await watch(load(queue, late, seconds), queues={"answers": queue}, show=screen_panels)
    late.sort()
    return {
        "p50_ms": late[len(late) // 2],
        "p99_ms": late[int(0.99 * len(late))],
        "max_ms": late[-1],
        "frame_cpu_ms": sorted(frames)[len(frames) // 2] if frames else 0.0,
        "frames_per_second": len(frames) / seconds,
    }

screen_panels = ("lanes", "queues", "latency")
"""
PLOTS: dict[str, int | None] = {"nobody watches": None, "no plot": 0, "plot, 5 fps": 5, "plot, 10 fps": 10}


def measure_plots(seconds: int, rounds: int) -> dict[str, dict[str, float]]:
    """For each way the medians of the rounds, which are taken in turns."""
    from tests.kernels import Kernel

    found: dict[str, list[dict[str, float]]] = {name: [] for name in PLOTS}
    with Kernel() as kernel:
        kernel.run(BESIDE_A_PLOT)
        for _ in range(rounds):
            for name, fps in PLOTS.items():
                source = f"print(json.dumps(await measure({fps}, {seconds})))"
                messages = kernel.run(source, looked_at=True)
                printed = "".join(content["text"] for kind, content in messages if kind == "stream")
                found[name].append(json.loads(printed))
    return {
        name: {key: round(statistics.median(one[key] for one in many), 2) for key in many[0]}
        for name, many in found.items()
    }


#: What the stop button is pressed on, and what it prints when it runs.
STOPPED = {
    "stop, idle": "await asyncio.sleep(3600)",
    "stop, busy": "while True: await asyncio.sleep(0)",
    "stop, blocked": "time.sleep(3600)",
}


def measure_stops(rounds: int) -> dict[str, float]:
    """Seconds from the press of the stop button to the end of the cell: medians."""
    from tests.kernels import Kernel

    found: dict[str, list[float]] = {name: [] for name in STOPPED}
    with Kernel() as kernel:
        kernel.run("import asyncio, time, asynclab")
        for _ in range(rounds):
            for name, what in STOPPED.items():
                pressed: list[float] = []

                def press(message: dict[str, Any], pressed: list[float] = pressed) -> None:
                    if message["msg_type"] == "stream" and not pressed:
                        time.sleep(0.5)  # so that it is under way
                        pressed.append(time.perf_counter())
                        kernel.manager.interrupt_kernel()

                source = f"async def run():\n    print('runs', flush=True)\n    {what}\nawait run()"
                kernel.run(source, on_message=press)
                found[name].append(time.perf_counter() - pressed[0])
    return {name: round(statistics.median(seconds), 3) for name, seconds in found.items()}


def main() -> None:
    options = arguments(
        str(__doc__).partition("\n")[0],
        switches=(4_000, "switches of each task"),
        repeat=(7, "repetitions, of which the best counts"),
        seconds=(4, "seconds of each run beside a plot"),
        rounds=(3, "runs of each beside a plot, of which the medians count"),
    )
    costs = measure_switches(options.switches, options.repeat)
    result = {
        "switch_cpu_us": {name: round(cost, 3) for name, cost in costs.items()},
        "ratio": round(costs["watch"] / costs["no recorder"], 3),
        "repeat": options.repeat,
        **machine(),
    }
    rows = [["", "CPU us a switch", "ratio", "", "", ""]]
    rows += [
        [name, f"{cost:.3f}", f"{cost / costs['no recorder']:.2f}", "", "", ""]
        for name, cost in costs.items()
    ]
    notes = [f"{TASKS} tasks, {options.switches:,} switches each; bar {BAR}"]
    if find_spec("ipykernel"):
        plots = measure_plots(options.seconds, options.rounds)
        stops = measure_stops(options.rounds)
        result |= {
            "plots": plots,
            "p99_ratio_5_fps": round(plots["plot, 5 fps"]["p99_ms"] / plots["no plot"]["p99_ms"], 2),
            "frame_cpu_ms": plots["plot, 5 fps"]["frame_cpu_ms"],
            "stop_seconds": stops,
        }
        rows += [["", "lag p50 ms", "p99 ms", "max ms", "frames/s", "CPU ms a frame"]]
        keys = ("p50_ms", "p99_ms", "max_ms", "frames_per_second", "frame_cpu_ms")
        rows += [[name, *(f"{numbers[key]:.2f}" for key in keys)] for name, numbers in plots.items()]
        rows += [["", "seconds", "", "", "", ""]]
        rows += [[name, f"{seconds:.2f}", "", "", "", ""] for name, seconds in stops.items()]
        notes += [f"lag of a 2 ms sleep beside 200 busy tasks, {options.seconds} s each"]
        notes += [
            f"p99 at 5 fps is {result['p99_ratio_5_fps']} times that of no plot; bars: 3, and 5 ms a frame"
        ]
        notes += ["from the press of the stop button to the end of the cell; bar of the idle one 0.2 s"]
    else:
        notes += ["no ipykernel here: neither the plot nor the stop button was measured"]
    report(result, rows, notes, as_json=options.json)


if __name__ == "__main__":
    main()
