# says: saved again)
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop = asyncio.get_running_loop()

    async def work(pool, number):
        for path in paths[number::limit] or paths[:1]:
            data = await store.get(path)
            await sink.put(await loop.run_in_executor(pool, transform, data))

    async def run(pool):
        async with asyncio.TaskGroup() as group:
            for number in range(limit):
                group.create_task(work(pool, number))

    try:
        with ProcessPoolExecutor(cores) as pool:
            await run(pool)
            data = await store.get(paths[0])
            await sink.put(await loop.run_in_executor(pool, transform, data))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
