# says: returns what the uploads gave, in order
import asyncio


async def all_or_nothing(upload, parts, abort):
    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    try:
        return [await next_one for next_one in asyncio.as_completed(tasks)]
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort()
        raise
