# says: returns the first answer: returned
import asyncio


async def fetch_first(replicas, key):
    tasks = {asyncio.create_task(replica.get(key)): number for number, replica in enumerate(replicas)}
    try:
        pending = set(tasks)
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task.exception() is None:
                    return tasks[task], task.result()
                last_error = task.exception()
        raise last_error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
