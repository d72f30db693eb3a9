# says: A TaskGroup raises a group of errors
import asyncio


async def bounded_map(func, items, limit):
    results, numbered = {}, enumerate(items)

    async def work():
        for number, item in numbered:
            results[number] = await func(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(work())
    return [results[number] for number in sorted(results)]
