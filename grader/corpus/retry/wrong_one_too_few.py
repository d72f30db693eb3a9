# says: makes as many attempts as it may
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 2):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    return await call()
