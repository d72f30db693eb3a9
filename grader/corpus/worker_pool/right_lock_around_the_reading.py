import asyncio


async def worker_pool(items, handle, workers):
    iterator, lock = aiter(items), asyncio.Lock()
    results, count = {}, 0
    over = False

    async def work():
        nonlocal count, over
        while True:
            async with lock:
                if over:
                    return
                try:
                    item = await anext(iterator)
                except StopAsyncIteration:
                    over = True
                    return
                number, count = count, count + 1
            results[number] = await handle(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [results[number] for number in range(count)]
