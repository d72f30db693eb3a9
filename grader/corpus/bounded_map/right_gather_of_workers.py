import asyncio


async def bounded_map(func, items, limit):
    results = []
    source = iter(items)

    async def worker():
        for item in source:
            place = len(results)
            results.append(None)
            results[place] = await func(item)

    workers = [asyncio.create_task(worker()) for _ in range(limit)]
    try:
        await asyncio.gather(*workers)
        return results
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
