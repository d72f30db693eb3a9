import asyncio


async def bounded_map(func, items, limit):
    places, tasks = asyncio.Semaphore(limit), []

    async def one(item):
        try:
            return await func(item)
        finally:
            places.release()

    try:
        async with asyncio.TaskGroup() as group:
            for item in items:
                await places.acquire()
                tasks.append(group.create_task(one(item)))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
