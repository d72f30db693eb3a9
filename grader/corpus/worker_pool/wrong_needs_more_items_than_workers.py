# says: returns also when there are few items, or none
import asyncio


async def worker_pool(items, handle, workers):
    iterator = aiter(items)
    first = [await anext(iterator) for _ in range(workers)]
    results, count = {}, workers

    async def work(number, item):
        nonlocal count
        while True:
            results[number] = await handle(item)
            async with lock:
                item = await anext(iterator, end)
                number, count = count, count + 1
            if item is end:
                return

    end, lock = object(), asyncio.Lock()
    try:
        async with asyncio.TaskGroup() as group:
            for number, item in enumerate(first):
                group.create_task(work(number, item))
    except* Exception as errors:
        problem = errors.exceptions[0]
    else:
        return [results[number] for number in sorted(results)]
    raise problem
