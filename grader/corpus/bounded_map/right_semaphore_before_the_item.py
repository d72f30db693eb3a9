import asyncio


async def bounded_map(func, items, limit):
    places, tasks = asyncio.Semaphore(limit), []

    async def one(item):
        try:
            return await func(item)
        finally:
            places.release()

    source = iter(items)
    try:
        async with asyncio.TaskGroup() as group:
            while True:
                await places.acquire()
                try:
                    item = next(source)
                except StopIteration:
                    break
                tasks.append(group.create_task(one(item)))
    except* Exception as errors:
        failed = errors.exceptions[0]
    else:
        return [task.result() for task in tasks]
    raise failed
