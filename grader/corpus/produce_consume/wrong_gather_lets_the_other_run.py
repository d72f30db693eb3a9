# says: the consumer went on writing: cancel it and await it
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

    await asyncio.gather(producer(), consumer())
