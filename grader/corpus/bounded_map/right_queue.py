import asyncio


async def bounded_map(func, items, limit):
    queue, results, end = asyncio.Queue(maxsize=1), {}, object()

    async def feed():
        for number, item in enumerate(items):
            await queue.put((number, item))
        for _ in range(limit):
            await queue.put(end)

    async def work():
        while (job := await queue.get()) is not end:
            number, item = job
            results[number] = await func(item)

    tasks = [asyncio.create_task(feed()), *(asyncio.create_task(work()) for _ in range(limit))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [results[number] for number in sorted(results)]
