import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on, failures=0):
    try:
        return await call()
    except retry_on:
        failures += 1
        if failures == attempts:
            raise
    await asyncio.sleep(rng.uniform(0.0, min(cap, base * 2 ** (failures - 1))))
    return await retry(
        call, attempts=attempts, base=base, cap=cap, rng=rng, retry_on=retry_on, failures=failures
    )
