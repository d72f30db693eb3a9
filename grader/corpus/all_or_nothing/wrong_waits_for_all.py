# says: cancels the other uploads at the first failure
import asyncio


async def all_or_nothing(upload, parts, abort):
    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    try:
        results = await asyncio.gather(*tasks, return_exceptions=True)
    except asyncio.CancelledError:
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort()
        raise
    errors = [result for result in results if isinstance(result, BaseException)]
    if errors:
        await abort()
        raise errors[0]
    return results
