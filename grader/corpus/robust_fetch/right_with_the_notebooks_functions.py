import asyncio


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    async def one_try():
        return await asyncio.wait_for(call(item), timeout)

    async def tries():
        options = {"base": 0.1, "cap": 1.0, "rng": rng, "retry_on": (ConnectionError, TimeoutError)}
        return await retry(lambda: breaker.call(one_try), attempts=attempts, **options)

    result = await with_deadline({item: tries}, deadline)
    if item in result["done"]:
        return {"id": item, "status": "ok", "data": result["done"][item]}
    if item in result["late"]:
        return {"id": item, "status": "late", "error": repr(TimeoutError())}
    error = result["failed"][item]
    status = "rejected" if isinstance(error, CircuitOpen) else "failed"
    return {"id": item, "status": status, "error": repr(error)}
