import asyncio


async def worker_pool(items, handle, workers):
    queue, results = asyncio.Queue(maxsize=workers), []

    async def read():
        async for item in items:
            results.append(None)
            await queue.put((len(results) - 1, item))
        await queue.put(None)

    async def work():
        while True:
            job = await queue.get()
            if job is None:
                queue.put_nowait(None)  # for the next worker
                return
            place, item = job
            results[place] = await handle(item)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            [group.create_task(work()) for _ in range(workers)]
    except* Exception as errors:
        failed = errors.exceptions[0]
    else:
        return results
    raise failed
