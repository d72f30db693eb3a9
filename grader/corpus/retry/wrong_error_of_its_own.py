# says: raises the error of the last attempt
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts):
        try:
            return await call()
        except retry_on:
            if n < attempts - 1:
                await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    raise RuntimeError(f"gave up after {attempts} attempts")
