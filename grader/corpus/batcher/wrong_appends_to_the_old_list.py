# says: A row was forgotten
import asyncio
import time


class Batcher:
    """`self.rows.append` is looked up before `get` is awaited, and may be that of a list that has left."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.inbox, self.rows, self.changed = asyncio.Queue(), [], asyncio.Event()
        self.tasks = [asyncio.create_task(self.collect()), asyncio.create_task(self.send())]

    async def submit(self, row):
        future = asyncio.get_running_loop().create_future()
        self.inbox.put_nowait((row, future, time.monotonic()))
        return await future

    async def collect(self):
        while True:
            self.rows.append(await self.inbox.get())
            self.changed.set()

    async def due(self):
        while len(self.rows) < self.max_batch:
            left = self.rows[0][2] + self.max_wait - time.monotonic() if self.rows else None
            if left is not None and left <= 0:
                return
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except TimeoutError:
                return

    async def send(self):
        while True:
            await self.due()
            batch, self.rows = self.rows[: self.max_batch], self.rows[self.max_batch :]
            results = await self.device([row for row, _, _ in batch])
            for (_, future, _), result in zip(batch, results):
                if not future.done():
                    future.set_result(result)
