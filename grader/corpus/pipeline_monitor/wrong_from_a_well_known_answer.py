# says: cannot access local variable
import asyncio
import time


class PipelineMonitor:
    def __init__(self, queues):
        self.queues = {name: asyncio.Queue(maxsize) for name, maxsize in queues.items()}
        self.metrics = {name: {"full_count": 0, "total_wait_time": 0.0} for name in queues}

    async def put(self, queue, item):
        if self.queues[queue].full():
            self.metrics[queue]["full_count"] += 1
            wait_start = time.time()

        await self.queues[queue].put(item)

        if self.queues[queue].full():
            wait_time = time.time() - wait_start
            self.metrics[queue]["total_wait_time"] += wait_time

    async def get(self, queue):
        return await self.queues[queue].get()

    def report(self):
        return {
            "queues": {
                name: {"put_wait": seen["total_wait_time"], "puts_blocked": seen["full_count"]}
                for name, seen in self.metrics.items()
            }
        }
