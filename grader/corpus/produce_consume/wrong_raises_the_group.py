# says: Catch it and raise the first of its `exceptions`
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

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        group.create_task(write())
