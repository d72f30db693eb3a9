# says: written as if it were an item
import asyncio


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(maxsize), "<end>"

    async def read():
        async for item in source:
            await queue.put(item)
        await queue.put(end)

    async def write():
        item = None
        while item is not end:
            item = await queue.get()
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
