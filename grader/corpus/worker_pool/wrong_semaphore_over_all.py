# says: a million tasks
import asyncio


async def worker_pool(items, handle, workers):
    semaphore = asyncio.Semaphore(workers)

    async def one(item):
        async with semaphore:
            return await handle(item)

    tasks = []
    try:
        async with asyncio.TaskGroup() as group:
            async for item in items:
                tasks.append(group.create_task(one(item)))
    except* Exception as errors:
        first = errors.exceptions[0]
    else:
        return [task.result() for task in tasks]
    raise first
