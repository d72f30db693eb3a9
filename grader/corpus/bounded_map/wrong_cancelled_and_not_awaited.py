# says: leaves nothing in flight after an error
import asyncio


async def bounded_map(func, items, limit):
    results, numbered = {}, enumerate(items)

    async def work():
        for number, item in numbered:
            results[number] = await func(item)

    workers = [asyncio.create_task(work()) for _ in range(limit)]
    try:
        await asyncio.gather(*workers)
    except Exception:
        for worker in workers:
            worker.cancel()
        raise
    return [results[number] for number in sorted(results)]
