# says: waits no longer than the bound after each failure
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(min(cap, base * 2**n) + rng.uniform(0, base))
    return await call()
