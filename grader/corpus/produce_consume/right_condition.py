import asyncio
from collections import deque


class Buffer:
    def __init__(self, size):
        self.size, self.items, self.closed = size, deque(), False
        self.changed = asyncio.Condition()

    async def add(self, item):
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.items) < self.size)
            self.items.append(item)
            self.changed.notify_all()

    async def close(self):
        async with self.changed:
            self.closed = True
            self.changed.notify_all()

    async def take(self):
        async with self.changed:
            await self.changed.wait_for(lambda: self.items or self.closed)
            taken = [self.items.popleft()] if self.items else []
            self.changed.notify_all()
            return taken


async def produce_consume(source, sink, maxsize):
    buffer = Buffer(maxsize)

    async def read():
        async for item in source:
            await buffer.add(item)
        await buffer.close()

    async def write():
        while taken := await buffer.take():
            await sink.put(taken[0])

    both = [asyncio.create_task(read()), asyncio.create_task(write())]
    try:
        for task in asyncio.as_completed(both):
            await task
    finally:
        for task in both:
            task.cancel()
        await asyncio.wait(both)
