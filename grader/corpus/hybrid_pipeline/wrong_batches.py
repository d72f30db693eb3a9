# says: A stage stood idle
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(cores) as pool:
        for start in range(0, len(paths), limit):
            batch = paths[start : start + limit]
            loaded = await all_of([store.get(path) for path in batch])
            results = await all_of([of(loop.run_in_executor(pool, transform, data)) for data in loaded])
            await all_of([sink.put(result) for result in results])


async def of(future):
    return await future


async def all_of(coros):
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coro) for coro in coros]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
