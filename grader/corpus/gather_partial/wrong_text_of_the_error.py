# says: keeps each value and each failure with its index
import asyncio


async def gather_partial(calls):
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    errors = {n: str(r) for n, r in enumerate(results) if isinstance(r, BaseException)}
    return {n: r for n, r in enumerate(results) if n not in errors}, errors
