# says: takes an item when it is needed
import asyncio


async def bounded_map(func, items, limit):
    items = list(items)
    results, numbered = [None] * len(items), iter(range(len(items)))

    async def work():
        for number in numbered:
            results[number] = await func(items[number])

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(limit):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return results
