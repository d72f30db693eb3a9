import asyncio


async def bounded_map(func, items, limit):
    results, numbered = {}, enumerate(items)

    async def work():
        for number, item in numbered:
            results[number] = await func(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(limit):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [value for _, value in sorted(results.items())]
