import asyncio
from collections import deque


async def produce_consume(source, sink, maxsize):
    iterator, ready = source.__aiter__(), deque()
    reading = asyncio.ensure_future(iterator.__anext__())
    writing, held, more = None, [], True
    try:
        while more or held or ready or writing:
            if held and len(ready) < maxsize:
                ready.append(held.pop())
            if more and reading is None and not held:
                reading = asyncio.ensure_future(iterator.__anext__())
            if writing is None and ready:
                writing = asyncio.ensure_future(sink.put(ready.popleft()))
                continue
            if not reading and not writing:
                continue
            await asyncio.wait(
                [task for task in (reading, writing) if task], return_when=asyncio.FIRST_COMPLETED
            )
            if writing and writing.done():
                writing.result()
                writing = None
            if reading and reading.done():
                try:
                    held.append(reading.result())
                except StopAsyncIteration:
                    more = False
                reading = None
    finally:
        for task in (reading, writing):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
