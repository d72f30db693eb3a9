import asyncio


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    """The deadline as a time on the loop's clock, from which every step takes what is left."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + deadline
    result = {"id": item}

    for n in range(attempts):
        left = ends - loop.time()
        if left <= 0:
            return {**result, "status": "late", "error": repr(TimeoutError())}

        async def one_try():
            return await asyncio.wait_for(call(item), timeout)

        trying = asyncio.ensure_future(breaker.call(one_try))
        try:
            done, _ = await asyncio.wait([trying], timeout=left)
        finally:
            if not trying.done():
                trying.cancel()
                await asyncio.wait([trying])
        if not done:
            return {**result, "status": "late", "error": repr(TimeoutError())}
        error = trying.exception()
        if error is None:
            return {**result, "status": "ok", "data": trying.result()}
        if isinstance(error, CircuitOpen):
            return {**result, "status": "rejected", "error": repr(error)}
        if n == attempts - 1 or not isinstance(error, ConnectionError | TimeoutError):
            return {**result, "status": "failed", "error": repr(error)}
        wait = rng.uniform(0, min(1.0, 0.1 * 2**n))
        await asyncio.sleep(min(wait, max(0.0, ends - loop.time())))
    return None
