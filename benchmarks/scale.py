"""Ten thousand virtual clients against a batcher: what a simulated request costs, and how much memory."""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any

from table import arguments, machine, report

from asynclab.play import drive
from asynclab.runner import Limits
from asynclab.world import World

MAX_BATCH = 64
MAX_WAIT = 0.005  # seconds
IN_FLIGHT = 8  # batches at the device at once


class Batcher:
    """Collects rows until there are `MAX_BATCH` or the first has waited `MAX_WAIT`, then asks the device."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._free = asyncio.Semaphore(IN_FLIGHT)
        self._batch: list[tuple[int, asyncio.Future[Any]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, row: int) -> Any:
        """The device's answer to this row."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._batch.append((row, answer))
        if len(self._batch) == MAX_BATCH:
            self._leave()
        elif len(self._batch) == 1:
            self._timer = loop.call_later(MAX_WAIT, self._leave)
        return await answer

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        batch, self._batch = self._batch, []
        task = asyncio.create_task(self._infer(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _infer(self, batch: list[tuple[int, asyncio.Future[Any]]]) -> None:
        async with self._free:
            results = await self._device([row for row, _ in batch])
        for (_, answer), result in zip(batch, results, strict=True):
            if not answer.done():
                answer.set_result(result)


def simulate(clients: int, requests: int) -> World:
    """`clients` closed-loop clients who think a second on average, until `requests` have been made in all."""
    world = World(seed=1, horizon=100_000.0)
    device = world.service(
        "device",
        methods={"__call__": ["rows"]},
        latency=lambda dice, rows: 0.010 + 0.0001 * len(rows),
        reply=lambda dice, rows: rows,
        capacity=IN_FLIGHT,
    )
    batcher = world.make("Batcher", device)
    world.closed_loop(
        batcher,
        "submit",
        clients,
        requests // clients,
        lambda client: (client,),
        think=lambda dice: dice.expovariate(1.0),
    )
    drive(world, {"Batcher": Batcher}, limits=Limits(cpu=3600.0, wall=7200.0))
    return world


def main() -> None:
    options = arguments(
        "Ten thousand virtual clients against a batcher, in this process.",
        clients=(10_000, "virtual clients"),
        requests=(100_000, "requests in all"),
    )
    began = time.process_time()
    totals = simulate(options.clients, options.requests).totals
    cpu = time.process_time() - began
    requests = totals.count.total()
    result = {
        "clients": options.clients,
        "requests": requests,
        "answered": totals.count["reply"],
        "cpu_seconds": round(cpu, 2),
        "cpu_us_per_request": round(cpu / max(1, requests) * 1e6, 1),
        "p50_ms": round(totals.quantile(0.50) * 1000, 2),
        "p99_ms": round(totals.quantile(0.99) * 1000, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **machine(),
    }
    shown = [(name, f"{value:,}") for name, value in result.items() if isinstance(value, int | float)]
    rows = [("", ""), *shown]
    report(result, rows, [], as_json=options.json)


if __name__ == "__main__":
    main()
