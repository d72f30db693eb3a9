import asyncio
from collections import deque


async def produce_consume(source, sink, maxsize):
    places, there = asyncio.Semaphore(maxsize), asyncio.Semaphore(0)
    items = deque()

    async def read():
        async for item in source:
            await places.acquire()
            items.append(item)
            there.release()
        there.release()  # without an item: the end

    async def write():
        await there.acquire()
        while items:
            item = items.popleft()
            places.release()
            await sink.put(item)
            await there.acquire()

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(write())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
