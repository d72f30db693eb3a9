# says: Catch it and raise the first of its `exceptions`
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

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        for _ in range(workers):
            group.create_task(work())
    return [results[number] for number in sorted(results)]
