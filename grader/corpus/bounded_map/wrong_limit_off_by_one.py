# says: One call more than allowed was in flight
import asyncio


async def bounded_map(func, items, limit):
    results, numbered = {}, enumerate(items)

    async def work():
        for number, item in numbered:
            results[number] = await func(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(limit + 1):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [results[number] for number in sorted(results)]
