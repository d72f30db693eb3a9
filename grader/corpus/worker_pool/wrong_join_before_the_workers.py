# says: waits in `Queue.join`
# verdict: stopped
import asyncio


async def worker_pool(items, handle, workers):
    queue, results = asyncio.Queue(), {}
    number = 0
    async for item in items:
        await queue.put((number, item))
        number += 1
    await queue.join()

    async def work():
        while not queue.empty():
            number, item = queue.get_nowait()
            results[number] = await handle(item)
            queue.task_done()

    await asyncio.gather(*(work() for _ in range(workers)))
    return [results[number] for number in sorted(results)]
