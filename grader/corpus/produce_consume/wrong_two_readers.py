# says: reads one item at a time
import asyncio


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(maxsize), object()

    async def read():
        async for item in source:
            await queue.put(item)

    async def read_a_little_later():
        await asyncio.sleep(0.001)
        await read()

    async def read_all():
        async with asyncio.TaskGroup() as readers:
            readers.create_task(read())
            readers.create_task(read_a_little_later())
        await queue.put(end)

    async def write():
        while (item := await queue.get()) is not end:
            await sink.put(item)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read_all())
            group.create_task(write())
    except* Exception as errors:
        first = errors.exceptions[0]
    else:
        return
    raise first
