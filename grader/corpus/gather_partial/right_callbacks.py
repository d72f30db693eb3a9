import asyncio


async def gather_partial(calls):
    values, errors, left = {}, {}, len(calls)
    over = asyncio.get_running_loop().create_future()

    def ended(index, task):
        nonlocal left
        left -= 1
        if task.cancelled():
            errors[index] = asyncio.CancelledError()
        elif task.exception() is not None:
            errors[index] = task.exception()
        else:
            values[index] = task.result()
        if not left and not over.done():
            over.set_result(None)

    tasks = [asyncio.ensure_future(call()) for call in calls]
    for index, task in enumerate(tasks):
        task.add_done_callback(lambda task, index=index: ended(index, task))
    try:
        if tasks:
            await over
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return dict(sorted(values.items())), dict(sorted(errors.items()))
