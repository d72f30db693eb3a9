import asyncio
import time
from collections import deque


class Pipe:
    """A bounded queue that hands an item straight to who waits for it."""

    def __init__(self, maxsize):
        self.maxsize, self.items = maxsize, deque()
        self.getters, self.putters = deque(), deque()
        self.since = self.made = time.monotonic()
        self.area, self.peak, self.blocked = 0, 0, 0
        self.wait = {"put": 0, "get": 0}
        self.open = {}

    def tick(self):
        now = time.monotonic()
        self.area += len(self.items) * (now - self.since)
        self.since = now

    async def put(self, item):
        self.tick()
        if self.getters:
            self.getters.popleft().set_result(item)
        elif len(self.items) < self.maxsize:
            self.items.append(item)
        else:
            self.blocked += 1
            room = asyncio.get_running_loop().create_future()
            self.putters.append((room, item))
            await room
        self.peak = max(self.peak, len(self.items))

    async def get(self):
        self.tick()
        if not self.items:
            there = asyncio.get_running_loop().create_future()
            self.getters.append(there)
            return await there
        item = self.items.popleft()
        if self.putters:
            room, late = self.putters.popleft()
            self.items.append(late)
            room.set_result(None)
        return item


class PipelineMonitor:
    def __init__(self, queues):
        self.pipes = {name: Pipe(maxsize) for name, maxsize in queues.items()}
        self.made, self.stages = time.monotonic(), {}

    async def put(self, queue, item):
        await self._timed(queue, "put", self.pipes[queue].put(item))

    async def get(self, queue):
        return await self._timed(queue, "get", self.pipes[queue].get())

    async def _timed(self, queue, how, call):
        pipe, me, began = self.pipes[queue], object(), time.monotonic()
        pipe.open[me] = (how, began)
        value = await call
        del pipe.open[me]
        now = time.monotonic()
        pipe.wait[how] += now - began
        record = self.stages.setdefault(asyncio.current_task().get_name(), [0, 0])
        record[0] += now - began
        record[1] = now - self.made
        return value

    def report(self):
        now, queues = time.monotonic(), {}
        for name, pipe in self.pipes.items():
            pipe.tick()
            still = {"put": 0, "get": 0}
            for how, began in pipe.open.values():
                still[how] += now - began
            queues[name] = {
                "mean_depth": pipe.area / (now - self.made),
                "peak_depth": pipe.peak,
                "put_wait": pipe.wait["put"] + still["put"],
                "get_wait": pipe.wait["get"] + still["get"],
                "puts_blocked": pipe.blocked,
            }
        stages = {name: 1 - waited / lived for name, (waited, lived) in self.stages.items()}
        best = sorted(stages, key=stages.get)
        return {"queues": queues, "stages": stages, "bottleneck": best[-1] if best else None}
