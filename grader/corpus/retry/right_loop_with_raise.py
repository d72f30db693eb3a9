import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for attempt in range(1, attempts + 1):
        try:
            return await call()
        except retry_on:
            if attempt == attempts:
                raise
        await asyncio.sleep(rng.random() * min(cap, base * 2 ** (attempt - 1)))
    raise AssertionError("never reached")
