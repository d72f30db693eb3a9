import asyncio


async def gather_partial(calls):
    tasks = [asyncio.ensure_future(call()) for call in calls]
    try:
        if tasks:
            await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        raise
    values, errors = {}, {}
    for index, task in enumerate(tasks):
        if task.cancelled():
            errors[index] = asyncio.CancelledError()
        elif task.exception():
            errors[index] = task.exception()
        else:
            values[index] = task.result()
    return values, errors
