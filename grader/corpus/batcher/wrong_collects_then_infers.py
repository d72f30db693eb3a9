# says: and then a whole window for nothing
import asyncio


class Batcher:
    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.queue = asyncio.Queue()
        self.task = asyncio.create_task(self.loop())

    async def submit(self, row):
        future = asyncio.get_running_loop().create_future()
        await self.queue.put((row, future))
        return await future

    async def loop(self):
        while True:
            batch = [await self.queue.get()]
            deadline = asyncio.get_running_loop().time() + self.max_wait
            while len(batch) < self.max_batch:
                left = deadline - asyncio.get_running_loop().time()
                try:
                    batch.append(await asyncio.wait_for(self.queue.get(), left))
                except asyncio.TimeoutError:
                    break
            results = await self.device([row for row, _ in batch])
            for (_, future), result in zip(batch, results):
                future.set_result(result)
