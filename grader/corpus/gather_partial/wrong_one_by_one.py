# says: Each call waits for the one before it
async def gather_partial(calls):
    values, errors = {}, {}
    for index, call in enumerate(calls):
        try:
            values[index] = await call()
        except BaseException as error:
            errors[index] = error
    return values, errors
