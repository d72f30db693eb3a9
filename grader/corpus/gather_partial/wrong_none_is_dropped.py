# says: keeps each value and each failure with its index
import asyncio


async def gather_partial(calls):
    r = await asyncio.gather(*[c() for c in calls], return_exceptions=True)
    return {i: x for i, x in enumerate(r) if x and not isinstance(x, BaseException)}, {
        i: x for i, x in enumerate(r) if isinstance(x, BaseException)
    }
