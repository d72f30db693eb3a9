# says: `asyncio.wait` does not cancel what it waits for when it is cancelled itself
import asyncio


async def bounded_map(func, items, limit):
    results, numbered = {}, enumerate(items)

    async def work():
        for number, item in numbered:
            results[number] = await func(item)

    workers = [asyncio.create_task(work()) for _ in range(limit)]
    done, pending = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
    for worker in pending:
        worker.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for worker in done:
        worker.result()
    return [results[number] for number in sorted(results)]
