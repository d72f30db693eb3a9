# says: Who left took others along
import asyncio


class Batcher:
    """All of a batch await one task: the first that is cancelled cancels it."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.lock, self.rows = asyncio.Lock(), None

    async def submit(self, row):
        if self.rows is None:
            self.rows, self.full = [], asyncio.Event()
            self.task = asyncio.create_task(self.send(self.rows, self.full))
        rows, task = self.rows, self.task
        rows.append(row)
        place = len(rows) - 1
        if len(rows) == self.max_batch:
            self.full.set()
            self.rows = None
        return (await task)[place]

    async def send(self, rows, full):
        deadline = asyncio.get_running_loop().time() + self.max_wait
        async with self.lock:
            try:
                async with asyncio.timeout_at(deadline):
                    await full.wait()
            except TimeoutError:
                pass
            if self.rows is rows:
                self.rows = None
            return await self.device(rows)
