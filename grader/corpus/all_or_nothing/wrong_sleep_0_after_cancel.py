# says: not for a turn of the loop
import asyncio


async def all_or_nothing(upload, parts, abort):
    tasks = [asyncio.create_task(upload(p)) for p in parts]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for t in tasks:
            t.cancel()
        await asyncio.sleep(0)
        await abort()
        raise
