# says: `cancel()` only asks
import asyncio


async def fetch_first(replicas, key):
    pending = {asyncio.create_task(replica.get(key)) for replica in replicas}
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task.exception() is None:
                    return task.result()
                error = task.exception()
        raise error
    finally:
        for task in pending:
            task.cancel()
