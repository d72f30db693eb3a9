# says: returns the value of the attempt that succeeds
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            await call()
            return True
        except retry_on:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    return await call()
