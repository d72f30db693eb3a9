# says: waits in `Queue.put`
# verdict: stopped
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
    await producer()
    await consuming
