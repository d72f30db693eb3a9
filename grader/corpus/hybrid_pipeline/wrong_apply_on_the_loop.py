# says: The event loop stood still until a process was done
import asyncio
import multiprocessing


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    left = iter(paths)

    async def work(pool):
        for path in left:
            data = await store.get(path)
            await sink.put(pool.apply(transform, (data,)))

    try:
        with multiprocessing.Pool(cores) as pool:
            async with asyncio.TaskGroup() as group:
                for _ in range(limit):
                    group.create_task(work(pool))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
