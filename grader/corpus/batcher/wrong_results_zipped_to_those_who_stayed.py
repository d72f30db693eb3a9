# says: whether its client is there or not
import asyncio
import time
from collections import deque
from contextlib import suppress


class Batcher:
    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.rows = deque()
        self.came = asyncio.Event()
        self.task = asyncio.create_task(self.work())

    async def submit(self, row):
        future = asyncio.get_running_loop().create_future()
        self.rows.append((row, future, time.monotonic()))
        self.came.set()
        return await future

    async def fill(self):
        while not self.rows:
            self.came.clear()
            await self.came.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.rows[0][2] + self.max_wait - time.monotonic()):
                while len(self.rows) < self.max_batch:
                    self.came.clear()
                    await self.came.wait()

    async def work(self):
        while True:
            await self.fill()
            batch = [self.rows.popleft() for _ in range(min(self.max_batch, len(self.rows)))]
            await self.send(batch)

    async def send(self, batch):
        try:
            results = await self.device([row for row, _, _ in batch])
        except Exception as error:
            for _, future, _ in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            there = [future for _, future, _ in batch if not future.done()]
            for future, result in zip(there, results):
                future.set_result(result)
