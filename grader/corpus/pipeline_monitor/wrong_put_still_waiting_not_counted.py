# says: adds up the waits in put, those that still wait included
import asyncio
import time


class PipelineMonitor:
    def __init__(self, queues):
        self.start = time.monotonic()
        self.queues = {name: asyncio.Queue(maxsize) for name, maxsize in queues.items()}
        self.area = dict.fromkeys(queues, 0.0)
        self.since = dict.fromkeys(queues, self.start)
        self.peak = dict.fromkeys(queues, 0)
        self.blocked = dict.fromkeys(queues, 0)
        self.waited = {(name, how): 0.0 for name in queues for how in ("put", "get")}
        self.waiting = []
        self.stages = {}

    def settle(self, name, depth):
        now = time.monotonic()
        self.area[name] += depth * (now - self.since[name])
        self.since[name] = now

    async def put(self, queue, item):
        if self.queues[queue].full():
            self.blocked[queue] += 1
        await self.timed(queue, "put", self.queues[queue].put(item), -1)

    async def get(self, queue):
        return await self.timed(queue, "get", self.queues[queue].get(), +1)

    async def timed(self, queue, how, call, before):
        began = time.monotonic()
        note = (queue, how, began)
        self.waiting.append(note)
        try:
            value = await call
        finally:
            self.waiting.remove(note)
        now = time.monotonic()
        depth = self.queues[queue].qsize()
        self.settle(queue, depth + before)
        self.peak[queue] = max(self.peak[queue], depth)
        self.waited[queue, how] += now - began
        stage = asyncio.current_task().get_name()
        waited, _ = self.stages.get(stage, (0.0, 0.0))
        self.stages[stage] = (waited + now - began, now - self.start)
        return value

    def report(self):
        now = time.monotonic()
        waited = dict(self.waited)
        for queue, how, began in self.waiting:
            if how == "get":
                waited[queue, how] += now - began
        told = {}
        for name, queue in self.queues.items():
            self.settle(name, queue.qsize())
            told[name] = {
                "mean_depth": self.area[name] / (now - self.start),
                "peak_depth": self.peak[name],
                "put_wait": waited[name, "put"],
                "get_wait": waited[name, "get"],
                "puts_blocked": self.blocked[name],
            }
        stages = {stage: 1 - waited / lived for stage, (waited, lived) in self.stages.items()}
        return {
            "queues": told,
            "stages": stages,
            "bottleneck": max(stages, key=stages.get, default=None),
        }
