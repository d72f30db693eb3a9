import asyncio


async def gather_partial(calls):
    values, errors = {}, {}

    async def one(index, call):
        try:
            values[index] = await call()
        except asyncio.CancelledError as error:
            if asyncio.current_task().cancelling():
                raise
            errors[index] = error
        except BaseException as error:
            errors[index] = error

    async with asyncio.TaskGroup() as group:
        for index, call in enumerate(calls):
            group.create_task(one(index, call))
    return values, errors
