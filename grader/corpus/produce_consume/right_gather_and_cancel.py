import asyncio


async def produce_consume(source, sink, maxsize):
    queue = asyncio.Queue(maxsize=maxsize)
    done = object()

    async def producer():
        async for item in source:
            await queue.put(item)
        await queue.put(done)

    async def consumer():
        while True:
            item = await queue.get()
            if item is done:
                return
            await sink.put(item)
            queue.task_done()

    tasks = [asyncio.create_task(producer()), asyncio.create_task(consumer())]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
