# says: The error reached the caller while other calls went on
import asyncio


async def bounded_map(func, items, limit):
    results, numbered, failed = {}, enumerate(items), []

    async def work():
        for number, item in numbered:
            try:
                results[number] = await func(item)
            except Exception as error:
                failed.append(error)
                raise
            if failed:
                return

    await asyncio.gather(*[work() for _ in range(limit)])
    return [results[number] for number in sorted(results)]
