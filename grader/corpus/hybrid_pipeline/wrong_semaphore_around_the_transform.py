# says: The limit counts an item from the moment at which it is loaded until it is saved
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop, places = asyncio.get_running_loop(), asyncio.Semaphore(limit)

    async def one(path, pool):
        async with places:
            data = await store.get(path)
            result = await loop.run_in_executor(pool, transform, data)
        await sink.put(result)

    try:
        with ProcessPoolExecutor(cores) as pool:
            async with asyncio.TaskGroup() as group:
                for path in paths:
                    group.create_task(one(path, pool))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
