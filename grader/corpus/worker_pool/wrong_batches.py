# says: begins the next call when one ends
import asyncio


async def worker_pool(items, handle, workers):
    results, batch = [], []

    async def run_batch():
        tasks = [asyncio.create_task(handle(item)) for item in batch]
        try:
            results.extend(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async for item in items:
        batch.append(item)
        if len(batch) == workers:
            await run_batch()
            batch = []
    await run_batch()
    return results
