# says: The answer was there, and you went on waiting
import asyncio


async def fetch_first(replicas, key):
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    while True:
        answers = [task for task in tasks if task.done() and task.exception() is None]
        if answers or all(task.done() for task in tasks):
            break
        await asyncio.sleep(0.07)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return (answers or tasks)[0].result()
