# says: The error raised is not the one that happened last
import asyncio


async def fetch_first(replicas, key):
    pending = {asyncio.create_task(replica.get(key)) for replica in replicas}
    errors = []
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task.exception() is None:
                    return task.result()
                errors.append(task.exception())
        raise errors[0]
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
