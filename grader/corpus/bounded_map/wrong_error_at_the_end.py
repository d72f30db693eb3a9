# says: raises the error at once
import asyncio


async def bounded_map(func, items, limit):
    results, numbered, failed = {}, enumerate(items), []

    async def work():
        for number, item in numbered:
            if failed:
                return
            try:
                results[number] = await func(item)
            except Exception as error:
                failed.append(error)

    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(work())
    if failed:
        raise failed[0]
    return [results[number] for number in sorted(results)]
