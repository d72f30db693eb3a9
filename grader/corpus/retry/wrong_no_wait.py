# says: spreads its waits evenly from 0 to the bound
async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            pass
    return await call()
