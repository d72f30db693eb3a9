import asyncio
import collections


class Batcher:
    """The task that sends lives only while rows wait."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.rows, self.full, self.task = collections.deque(), asyncio.Event(), None

    async def submit(self, row):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.rows.append((row, future, loop.time()))
        if len(self.rows) >= self.max_batch:
            self.full.set()
        if self.task is None:
            self.task = loop.create_task(self.work())
        return await future

    async def work(self):
        while self.rows:
            left = self.rows[0][2] + self.max_wait - asyncio.get_running_loop().time()
            if len(self.rows) < self.max_batch and left > 0:
                self.full.clear()
                await asyncio.wait([asyncio.create_task(self.full.wait())], timeout=left)
            batch = [self.rows.popleft() for _ in range(min(len(self.rows), self.max_batch))]
            try:
                for (_, future, _), result in zip(
                    batch, await self.device([row for row, _, _ in batch]), strict=True
                ):
                    if not future.done():
                        future.set_result(result)
            except Exception as error:
                for _, future, _ in batch:
                    if not future.done():
                        future.set_exception(error)
        self.task = None
