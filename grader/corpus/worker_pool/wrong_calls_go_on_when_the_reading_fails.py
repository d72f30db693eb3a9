# says: cancels the calls when the reading fails
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

    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    reading = asyncio.create_task(read())
    try:
        await asyncio.gather(reading, *tasks)
    except ValueError:
        for task in [reading, *tasks]:
            task.cancel()
        await asyncio.gather(reading, *tasks, return_exceptions=True)
        raise
    return [results[number] for number in sorted(results)]
