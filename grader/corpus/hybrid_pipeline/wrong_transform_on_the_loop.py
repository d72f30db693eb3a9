# says: `transform` ran in the event loop's own thread
import asyncio


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    left = iter(paths)

    async def work():
        for path in left:
            await sink.put(transform(await store.get(path)))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(limit):
                group.create_task(work())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
