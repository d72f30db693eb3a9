# says: ExceptionGroup
import asyncio


async def fetch_first(replicas, key):
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    errors = []
    try:
        for answer in asyncio.as_completed(tasks):
            try:
                return await answer
            except Exception as error:
                errors.append(error)
        raise ExceptionGroup("all replicas failed", errors)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
