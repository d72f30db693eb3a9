import asyncio
from itertools import chain


async def retry(call, *, attempts, base, cap, rng, retry_on):
    waits = (rng.uniform(0, min(cap, base * 2**n)) for n in range(attempts - 1))
    for wait in chain(waits, [None]):
        try:
            return await call()
        except Exception as error:
            if wait is None or not isinstance(error, retry_on):
                raise
        await asyncio.sleep(wait)
    raise AssertionError("never reached")
