import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop, left = asyncio.get_running_loop(), iter(paths)

    async def work(pool):
        for path in left:
            data = await store.get(path)
            await sink.put(await loop.run_in_executor(pool, transform, data))

    try:
        with ProcessPoolExecutor(cores) as pool:
            async with asyncio.TaskGroup() as group:
                for _ in range(limit):
                    group.create_task(work(pool))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
