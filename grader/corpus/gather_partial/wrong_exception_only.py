# says: The cancelled call is counted as a success
import asyncio


async def gather_partial(calls):
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    errors = {n: result for n, result in enumerate(results) if isinstance(result, Exception)}
    return {n: result for n, result in enumerate(results) if n not in errors}, errors
