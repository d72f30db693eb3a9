# says: ends when the first answer is there: it took
import asyncio


async def fetch_first(replicas, key):
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    last = None
    try:
        for answer in asyncio.as_completed(tasks):
            try:
                return await answer
            except Exception as error:
                last = error
        raise last
    finally:
        await asyncio.wait(tasks)  # tidy, but nobody was cancelled
