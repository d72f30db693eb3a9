# says: A failed replica was counted as the winner
import asyncio


async def fetch_first(replicas, key):
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        if task.exception() is None:
            return task.result()
