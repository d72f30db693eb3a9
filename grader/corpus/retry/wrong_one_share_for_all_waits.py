# says: each client waited for the same share
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    j = rng.random()
    for n in range(attempts):
        try:
            return await call()
        except retry_on:
            if n == attempts - 1:
                raise
            await asyncio.sleep(j * min(cap, base * 2**n))
