# says: All items were taken at the start, and only the calls were limited
import asyncio


async def bounded_map(func, items, limit):
    places = asyncio.Semaphore(limit)

    async def one(item):
        async with places:
            return await func(item)

    tasks = [asyncio.create_task(one(item)) for item in items]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
