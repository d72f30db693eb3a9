# says: `transform` ran in threads, and these share one GIL
import asyncio


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    left = iter(paths)

    async def work():
        for path in left:
            data = await store.get(path)
            await sink.put(await asyncio.to_thread(transform, data))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(limit):
                group.create_task(work())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
