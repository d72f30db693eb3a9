# says: returned the right values in another order
import asyncio


async def bounded_map(func, items, limit):
    results, source = [], iter(items)

    async def work():
        for item in source:
            results.append(await func(item))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(limit):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return results
