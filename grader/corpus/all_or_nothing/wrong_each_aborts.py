# says: Each failure aborted for itself
import asyncio


async def all_or_nothing(upload, parts, abort):
    async def one(part):
        try:
            return await upload(part)
        except BaseException:
            await abort()
            raise

    tasks = [asyncio.ensure_future(one(part)) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
