# says: The failures are gone
import asyncio


async def gather_partial(calls):
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    return {n: r for n, r in enumerate(results) if not isinstance(r, BaseException)}, {}
