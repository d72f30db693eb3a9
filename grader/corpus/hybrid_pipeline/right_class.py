import asyncio
from concurrent.futures import ProcessPoolExecutor


class Pipeline:
    def __init__(self, store, transform, sink, pool):
        self.store, self.transform, self.sink, self.pool = store, transform, sink, pool

    async def run(self, paths, limit):
        queue = asyncio.Queue()
        for path in paths:
            queue.put_nowait(path)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(limit, len(paths))):
                group.create_task(self.worker(queue))

    async def worker(self, queue):
        while not queue.empty():
            data = await self.store.get(queue.get_nowait())
            loop = asyncio.get_running_loop()
            await self.sink.put(await loop.run_in_executor(self.pool, self.transform, data))


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    with ProcessPoolExecutor(cores) as pool:
        try:
            await Pipeline(store, transform, sink, pool).run(paths, limit)
        except* Exception as group:
            error = group.exceptions[0]
        else:
            return
    raise error
