import asyncio


async def worker_pool(items, handle, workers):
    queue, results = asyncio.Queue(workers), {}

    async def work():
        while True:
            number, item = await queue.get()
            results[number] = await handle(item)
            queue.task_done()

    async def feed():
        number = 0
        async for item in items:
            await queue.put((number, item))
            number += 1
        await queue.join()

    crew = [asyncio.ensure_future(work()) for _ in range(workers)]
    feeding = asyncio.ensure_future(feed())
    try:
        done, _ = await asyncio.wait([feeding, *crew], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in [feeding, *crew]:
            task.cancel()
        await asyncio.gather(feeding, *crew, return_exceptions=True)
    return [value for _, value in sorted(results.items(), key=lambda pair: pair[0])]
