# says: All attempts failed, and the caller was given a value
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts):
        try:
            return await call()
        except retry_on:
            if n < attempts - 1:
                await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
