import asyncio


async def bounded_map(func, items, limit):
    running, results = {}, {}
    try:
        for number, item in enumerate(items):
            while len(running) >= limit:
                await collect(running, results)
            running[asyncio.ensure_future(func(item))] = number
        while running:
            await collect(running, results)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return [results[number] for number in range(len(results))]


async def collect(running, results):
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        results[running.pop(task)] = task.result()
