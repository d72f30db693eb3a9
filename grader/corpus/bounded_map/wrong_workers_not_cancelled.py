# says: After the error, workers went on to the next items
import asyncio


async def bounded_map(func, items, limit):
    results, numbered = {}, enumerate(items)

    async def work():
        for number, item in numbered:
            results[number] = await func(item)

    workers = [asyncio.create_task(work()) for _ in range(limit)]
    try:
        done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
    except asyncio.CancelledError:
        for worker in workers:
            worker.cancel()
        raise
    for worker in done:
        worker.result()
    return [results[number] for number in sorted(results)]
