# says: raises the last error when all fail
import asyncio


async def fetch_first(replicas, key):
    pending = {asyncio.create_task(replica.get(key)) for replica in replicas}
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task.exception() is None:
                    return task.result()
        return None
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
