# says: makes all the calls together: it took
import asyncio


async def gather_partial(calls):
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    await asyncio.sleep(0.05)
    errors = {n: result for n, result in enumerate(results) if isinstance(result, BaseException)}
    return {n: result for n, result in enumerate(results) if n not in errors}, errors
