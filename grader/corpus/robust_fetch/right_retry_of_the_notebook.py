import asyncio


async def retry(call, *, attempts, base, cap, rng, retry_on):
    for n in range(attempts - 1):
        try:
            return await call()
        except retry_on:
            await asyncio.sleep(rng.uniform(0, min(cap, base * 2**n)))
    return await call()


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    async def timed():
        return await asyncio.wait_for(call(item), timeout)

    async def guarded():
        return await breaker.call(timed)

    async def tried():
        again = (ConnectionError, TimeoutError)
        options = {"attempts": attempts, "base": 0.1, "cap": 1.0, "rng": rng, "retry_on": again}
        try:
            return {"status": "ok", "data": await retry(guarded, **options)}
        except CircuitOpen as error:
            return {"status": "rejected", "error": repr(error)}
        except Exception as error:
            return {"status": "failed", "error": repr(error)}

    try:
        result = await asyncio.wait_for(tried(), deadline)
    except TimeoutError as error:
        result = {"status": "late", "error": repr(error)}
    return {"id": item, **result}
