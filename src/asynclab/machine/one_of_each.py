"""``python -m asynclab.machine.one_of_each task`` prints what one of them costs in this fresh process.

A JSON object: bytes resident, bytes of its own, bytes of addresses, seconds to start; null where this
platform has none such.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from asynclab.machine.findings import middle

#: Tasks are started in batches, of which the quickest counts.
BATCHES, BATCH = 5, 4_000

THREADS, PROCESSES = 200, 3


def _memory() -> Any:
    import psutil  # type: ignore[import-untyped]

    return psutil.Process().memory_full_info()


def _each(before: Any, after: Any, count: int, start: float) -> dict[str, float]:
    return {
        "resident": max(0.0, (after.rss - before.rss) / count),
        "own": max(0.0, (after.uss - before.uss) / count),
        "addresses": max(0.0, (after.vms - before.vms) / count),
        "start": start,
    }


def measure_task() -> dict[str, float]:
    """Tasks that wait for one event, which is what a task mostly does."""

    async def main() -> dict[str, float]:
        event = asyncio.Event()
        tasks: list[asyncio.Task[Any]] = []
        times: list[float] = []
        before = _memory()
        for _ in range(BATCHES):
            began = time.perf_counter()
            tasks += [asyncio.create_task(event.wait()) for _ in range(BATCH)]
            await asyncio.sleep(0)  # each runs to its first wait
            times.append((time.perf_counter() - began) / BATCH)
        after = _memory()
        event.set()
        await asyncio.wait(tasks)
        return _each(before, after, len(tasks), min(times))

    return asyncio.run(main())


def measure_thread() -> dict[str, float]:
    """Threads that wait for one event; `start` returns when the thread runs."""
    event = threading.Event()
    threads = [threading.Thread(target=event.wait) for _ in range(THREADS)]
    times: list[float] = []
    before = _memory()
    for thread in threads:
        began = time.perf_counter()
        thread.start()
        times.append(time.perf_counter() - began)
    after = _memory()
    event.set()
    for thread in threads:
        thread.join()
    return _each(before, after, THREADS, middle(times))


def measure_process(method: str) -> dict[str, float] | None:
    """The quickest of some processes that only tell their memory; None where there are none such."""
    if method not in multiprocessing.get_all_start_methods():
        return None
    context: Any = multiprocessing.get_context(method)
    found = []
    for _ in range(PROCESSES):
        ours, theirs = context.Pipe()
        began = time.perf_counter()
        process = context.Process(target=_tell_memory, args=(theirs,))
        process.start()
        ours.recv()
        seconds = time.perf_counter() - began
        ours.send("go on")
        resident, own, addresses = ours.recv()
        process.join()
        found.append({"resident": resident, "own": own, "addresses": addresses, "start": seconds})
    return min(found, key=lambda one: one["start"])


def _tell_memory(pipe: Any) -> None:
    pipe.send("here")
    pipe.recv()
    memory = _memory()
    pipe.send((memory.rss, memory.uss, memory.vms))


MEASURES: dict[str, Callable[[], dict[str, float] | None]] = {
    "task": measure_task,
    "thread": measure_thread,
    "fork": lambda: measure_process("fork"),
    "spawn": lambda: measure_process("spawn"),
}

if __name__ == "__main__":
    print(json.dumps(MEASURES[sys.argv[1]]()))
