# says: clients that fail together come back together
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(min(cap, base * 2**n))
    return await call()
