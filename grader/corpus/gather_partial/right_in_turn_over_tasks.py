import asyncio


async def gather_partial(calls):
    tasks = [asyncio.create_task(call()) for call in calls]
    values, errors = {}, {}
    try:
        await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        [task.cancel() for task in tasks]
    for index, task in enumerate(tasks):
        try:
            values[index] = task.result()
        except BaseException as error:
            errors[index] = error
    return values, errors
