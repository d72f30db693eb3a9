import asyncio
import time
from collections import defaultdict, deque
from contextlib import asynccontextmanager


class PipelineMonitor:
    def __init__(self, queues):
        self.zero = time.monotonic()
        self.room = {name: asyncio.Semaphore(size) for name, size in queues.items()}
        self.there = {name: asyncio.Semaphore(0) for name in queues}
        self.items = {name: deque() for name in queues}
        self.stats = {name: defaultdict(float) for name in queues}
        self.busy = {}

    @asynccontextmanager
    async def measured(self, queue, how):
        stats, at = self.stats[queue], time.monotonic()
        # As if it had waited since the beginning of time, taken back at its end: so a report is a sum.
        stats[how + " since"] -= at
        stats[how + " open"] += 1
        yield
        now = time.monotonic()
        stats[how + " since"] += now
        stats[how + " open"] -= 1
        name = asyncio.current_task().get_name()
        self.busy[name] = (self.busy.get(name, (0.0,))[0] + now - at, now - self.zero)

    def change(self, queue):
        stats, now = self.stats[queue], time.monotonic()
        stats["area"] += len(self.items[queue]) * (now - max(stats["at"], self.zero))
        stats["at"] = now

    async def put(self, queue, item):
        self.stats[queue]["blocked"] += self.room[queue].locked()
        async with self.measured(queue, "put"):
            await self.room[queue].acquire()
            self.change(queue)
            self.items[queue].append(item)
            self.there[queue].release()
            self.stats[queue]["peak"] = max(self.stats[queue]["peak"], len(self.items[queue]))

    async def get(self, queue):
        async with self.measured(queue, "get"):
            await self.there[queue].acquire()
            self.change(queue)
            self.room[queue].release()
            return self.items[queue].popleft()

    def report(self):
        now, queues = time.monotonic(), {}
        for name, stats in self.stats.items():
            self.change(name)
            queues[name] = {
                "mean_depth": stats["area"] / (now - self.zero),
                "peak_depth": int(stats["peak"]),
                "put_wait": stats["put since"] + stats["put open"] * now,
                "get_wait": stats["get since"] + stats["get open"] * now,
                "puts_blocked": int(stats["blocked"]),
            }
        stages = {name: 1 - waited / lived for name, (waited, lived) in self.busy.items()}
        return {
            "queues": queues,
            "stages": stages,
            "bottleneck": max(stages, key=lambda name: stages[name]) if stages else None,
        }
