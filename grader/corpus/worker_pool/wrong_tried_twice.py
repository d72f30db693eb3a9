# says: handles each item once
import asyncio


async def worker_pool(items, handle, workers):
    free, tasks = asyncio.Semaphore(workers), []

    async def one(item):
        try:
            return await handle(item) or await handle(item)  # nothing came back, so once more
        finally:
            free.release()

    try:
        async with asyncio.TaskGroup() as group:
            async for item in items:
                await free.acquire()
                tasks.append(group.create_task(one(item)))
    except* Exception as errors:
        problem = errors.exceptions[0]
    else:
        return [task.result() for task in tasks]
    raise problem
