# says: lets its own cancellation go on
import asyncio


async def worker_pool(items, handle, workers):
    queue, end, results = asyncio.Queue(workers), object(), {}

    async def read():
        number = 0
        async for item in items:
            await queue.put((number, item))
            number += 1
        for _ in range(workers):
            await queue.put(end)

    async def work():
        while (job := await queue.get()) is not end:
            number, item = job
            results[number] = await handle(item)

    tasks = [asyncio.create_task(read()), *(asyncio.create_task(work()) for _ in range(workers))]
    try:
        await asyncio.gather(*tasks)
    except asyncio.CancelledError:
        return []
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [results[number] for number in sorted(results)]
