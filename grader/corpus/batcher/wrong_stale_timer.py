# says: a batch that leaves full takes its timer along
import asyncio


class Batcher:
    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.rows, self.lock = [], asyncio.Lock()

    async def submit(self, row):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.rows.append((row, future))
        if len(self.rows) == 1:
            loop.call_later(self.max_wait, self.leave)
        if len(self.rows) == self.max_batch:
            self.leave()
        return await future

    def leave(self):
        if self.rows:
            batch, self.rows = self.rows, []
            asyncio.ensure_future(self.send(batch))

    async def send(self, batch):
        async with self.lock:
            results = await self.device([row for row, _ in batch])
        for (_, future), result in zip(batch, results):
            if not future.done():
                future.set_result(result)
