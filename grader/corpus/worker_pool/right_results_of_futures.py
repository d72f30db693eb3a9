import asyncio


class Pool:
    def __init__(self, handle, workers):
        self.handle, self.queue = handle, asyncio.Queue(workers)
        self.workers = [asyncio.create_task(self.work()) for _ in range(workers)]

    async def work(self):
        while True:
            item, answer = await self.queue.get()
            try:
                answer.set_result(await self.handle(item))
            except Exception as error:
                answer.set_exception(error)
                if not self.broken.done():
                    self.broken.set_result(error)

    async def run(self, items):
        self.broken = asyncio.get_running_loop().create_future()
        answers = []

        async def read():
            async for item in items:
                answers.append(asyncio.get_running_loop().create_future())
                await self.queue.put((item, answers[-1]))
            return await asyncio.gather(*answers, return_exceptions=True)

        reading = asyncio.create_task(read())
        try:
            await asyncio.wait([reading, self.broken], return_when=asyncio.FIRST_COMPLETED)
            if self.broken.done():
                raise self.broken.result()
            return reading.result()
        finally:
            for task in [reading, *self.workers]:
                task.cancel()
            await asyncio.gather(reading, *self.workers, return_exceptions=True)


async def worker_pool(items, handle, workers):
    return await Pool(handle, workers).run(items)
