# says: spreads its waits evenly from 0 to the bound
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(rng.triangular(0, min(cap, base * 2**n)))
    return await call()
