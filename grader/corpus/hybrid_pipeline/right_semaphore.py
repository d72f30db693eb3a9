import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop = asyncio.get_running_loop()
    places = asyncio.Semaphore(limit)

    async def one(path, pool):
        async with places:
            data = await store.get(path)
            result = await loop.run_in_executor(pool, transform, data)
            await sink.put(result)

    pool = ProcessPoolExecutor(cores)
    tasks = [asyncio.create_task(one(path, pool)) for path in paths]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        pool.shutdown(wait=False, cancel_futures=True)
