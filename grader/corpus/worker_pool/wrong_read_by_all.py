# says: reads one item at a time
import asyncio


async def worker_pool(items, handle, workers):
    results, numbers = {}, iter(range(10**9))

    async def work():
        async for item in items:
            number = next(numbers)
            results[number] = await handle(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except* Exception as errors:
        problem = errors.exceptions[0]
    else:
        return [results[number] for number in sorted(results)]
    raise problem
