# says: Full jitter begins at 0
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            bound = min(cap, base * 2**n)
            await asyncio.sleep(bound / 2 + rng.uniform(0, bound / 2))
    return await call()
