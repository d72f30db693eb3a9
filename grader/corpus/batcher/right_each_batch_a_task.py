import asyncio


class Batch:
    def __init__(self, opened):
        self.rows, self.opened, self.full, self.results = [], opened, asyncio.Event(), None


class Batcher:
    """Every batch is a task of its own, and they stand in line for the device at a lock."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.open = None
        self.lock = asyncio.Lock()

    async def submit(self, row):
        if self.open is None:
            self.open = Batch(asyncio.get_running_loop().time())
            self.open.results = asyncio.create_task(self.live(self.open))
        batch, place = self.open, len(self.open.rows)
        batch.rows.append(row)
        if len(batch.rows) == self.max_batch:
            batch.full.set()
            self.open = None  # the next row opens another
        return (await asyncio.shield(batch.results))[place]

    async def live(self, batch):
        async with self.lock:
            left = batch.opened + self.max_wait - asyncio.get_running_loop().time()
            if left > 0:
                try:
                    async with asyncio.timeout(left):
                        await batch.full.wait()
                except TimeoutError:
                    pass
            if self.open is batch:
                self.open = None
            return await self.device(batch.rows)
