# says: stops everything when it is cancelled
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
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    for task in done:
        task.result()
    return [results[number] for number in sorted(results)]
