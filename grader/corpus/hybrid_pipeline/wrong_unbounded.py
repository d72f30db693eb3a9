# says: items were alive at once
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop = asyncio.get_running_loop()

    async def one(path, pool):
        data = await store.get(path)
        await sink.put(await loop.run_in_executor(pool, transform, data))

    try:
        with ProcessPoolExecutor(cores) as pool:
            async with asyncio.TaskGroup() as group:
                for path in paths:
                    group.create_task(one(path, pool))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
