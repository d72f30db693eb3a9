# says: any value can be an item
import asyncio


async def worker_pool(items, handle, workers):
    queue, end, results = asyncio.Queue(workers), object(), {}

    async def read():
        async for item in items:
            await queue.put(item)
        for _ in range(workers):
            await queue.put(None)

    async def work():
        while (item := await queue.get()) is not None:
            number = len(results)
            results[number] = None
            results[number] = await handle(item)

    tasks = [asyncio.create_task(read()), *(asyncio.create_task(work()) for _ in range(workers))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [results[number] for number in sorted(results)]
