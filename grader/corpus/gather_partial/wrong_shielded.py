# says: cancels its calls when it is cancelled itself: it was cancelled at 0.5 s, and of its calls
import asyncio


async def gather_partial(calls):
    tasks = [asyncio.ensure_future(call()) for call in calls]
    results = await asyncio.shield(asyncio.gather(*tasks, return_exceptions=True))
    errors = {n: result for n, result in enumerate(results) if isinstance(result, BaseException)}
    return {n: result for n, result in enumerate(results) if n not in errors}, errors
