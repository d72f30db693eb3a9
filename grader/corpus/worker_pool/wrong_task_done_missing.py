# says: waits in `Queue.join`
# verdict: stopped
import asyncio


async def worker_pool(items, handle, workers):
    queue, results = asyncio.Queue(workers), {}

    async def work():
        while True:
            number, item = await queue.get()
            results[number] = await handle(item)

    crew = [asyncio.create_task(work()) for _ in range(workers)]
    number = 0
    async for item in items:
        await queue.put((number, item))
        number += 1
    await queue.join()
    for worker in crew:
        worker.cancel()
    return [results[number] for number in sorted(results)]
