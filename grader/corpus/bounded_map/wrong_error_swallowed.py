# says: A call failed, and the caller was not told so.
import asyncio


async def bounded_map(func, items, limit):
    results, numbered = {}, enumerate(items)

    async def work():
        for number, item in numbered:
            try:
                results[number] = await func(item)
            except Exception as error:
                results[number] = None
                print(error)

    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(work())
    return [results[number] for number in sorted(results)]
