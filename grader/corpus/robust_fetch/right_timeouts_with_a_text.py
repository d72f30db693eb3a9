import asyncio


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    async def attempt():
        t = asyncio.ensure_future(call(item))
        try:
            done, _ = await asyncio.wait([t], timeout=timeout)
            if not done:
                raise TimeoutError(f"{item} took longer than {timeout} s")
            return t.result()
        finally:
            t.cancel()
            await asyncio.wait([t])

    async def all_tries():
        for n in range(1, attempts + 1):
            try:
                return {"id": item, "status": "ok", "data": await breaker.call(attempt)}
            except CircuitOpen as e:
                return {"id": item, "status": "rejected", "error": repr(e)}
            except Exception as e:
                again = isinstance(e, (ConnectionError, TimeoutError)) and n < attempts
                if not again:
                    return {"id": item, "status": "failed", "error": repr(e)}
            await asyncio.sleep(rng.uniform(0, min(1.0, 0.1 * 2 ** (n - 1))))
        return None

    main = asyncio.create_task(all_tries())
    try:
        done, _ = await asyncio.wait({main}, timeout=deadline)
        if done:
            return main.result()
        return {"id": item, "status": "late", "error": repr(TimeoutError("deadline"))}
    finally:
        if not main.done():
            main.cancel()
            await asyncio.wait([main])
