# says: The losers are still running when you return
import asyncio


async def fetch_first(replicas, key):
    pending = {asyncio.create_task(replica.get(key)) for replica in replicas}
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task.exception() is None:
                return task.result()
    raise task.exception()
