# says: cancels the other uploads at the first failure
import asyncio


async def all_or_nothing(upload, parts, abort):
    tasks = [asyncio.create_task(upload(p)) for p in parts]
    try:
        return [await t for t in tasks]
    except BaseException:
        for t in tasks:
            t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort()
        raise
