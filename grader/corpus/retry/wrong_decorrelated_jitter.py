# says: after failure 1 a client waited
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    d = base
    for n in range(attempts):
        try:
            return await call()
        except retry_on:
            if n == attempts - 1:
                raise
            d = min(cap, rng.uniform(base, d * 3))
            await asyncio.sleep(d)
