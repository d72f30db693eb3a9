# says: keeps each value and each failure with its index
import asyncio


async def gather_partial(calls):
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    good = [result for result in results if not isinstance(result, BaseException)]
    bad = [result for result in results if isinstance(result, BaseException)]
    return dict(enumerate(good)), dict(enumerate(bad))
