# says: A pool was made for each item
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop, left = asyncio.get_running_loop(), iter(paths)

    async def work():
        for path in left:
            data = await store.get(path)
            with ProcessPoolExecutor(1) as pool:
                result = await loop.run_in_executor(pool, transform, data)
            await sink.put(result)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(limit):
                group.create_task(work())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
