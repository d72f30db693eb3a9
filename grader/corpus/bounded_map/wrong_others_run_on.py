# says: begins no call after the error: 
import asyncio


async def bounded_map(func, items, limit):
    results, numbered = {}, enumerate(items)

    async def work():
        for number, item in numbered:
            results[number] = await func(item)

    await asyncio.gather(*[work() for _ in range(limit)])
    return [results[number] for number in sorted(results)]
