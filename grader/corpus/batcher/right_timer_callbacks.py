import asyncio


class Batcher:
    """No task waits: callbacks of the loop send a batch when it is due."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.waiting = []
        self.busy = None
        self.timer = None

    async def submit(self, row):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.waiting.append((row, future, loop.time()))
        self.look()
        return await future

    def look(self):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.busy is not None or not self.waiting:
            return
        loop = asyncio.get_running_loop()
        due = self.waiting[0][2] + self.max_wait
        if len(self.waiting) >= self.max_batch or loop.time() >= due:
            batch, self.waiting = self.waiting[: self.max_batch], self.waiting[self.max_batch :]
            self.busy = loop.create_task(self.send(batch))
        else:
            self.timer = loop.call_at(due, self.look)

    async def send(self, batch):
        futures = [future for _, future, _ in batch]
        try:
            results = await self.device([row for row, _, _ in batch])
        except Exception as error:
            for future in futures:
                if not future.cancelled():
                    future.set_exception(error)
        else:
            for future, result in zip(futures, results, strict=True):
                if not future.cancelled():
                    future.set_result(result)
        self.busy = None
        self.look()
