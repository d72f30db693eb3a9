# says: The item None was taken for the end
import asyncio


async def produce_consume(source, sink, maxsize):
    queue = asyncio.Queue(maxsize=maxsize)

    async def producer():
        async for item in source:
            await queue.put(item)
        await queue.put(None)  # sentinel

    async def consumer():
        while True:
            item = await queue.get()
            if item is None:
                break
            await sink.put(item)
            queue.task_done()

    await asyncio.gather(producer(), consumer())
