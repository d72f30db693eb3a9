import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    last = None
    for n in range(attempts):
        if n:
            bound = min(cap, base * 2 ** (n - 1))
            await asyncio.sleep(bound * (1 - rng.random()))
        try:
            return await call()
        except retry_on as error:
            last = error
    raise last
