# says: one more wait after the last try
import asyncio


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    async def one():
        async with asyncio.timeout(timeout):
            return await call(item)

    def bad(s, e):
        return {"id": item, "status": s, "error": repr(e)}

    try:
        async with asyncio.timeout(deadline):
            for n in range(attempts):
                try:
                    return {"id": item, "status": "ok", "data": await breaker.call(one)}
                except CircuitOpen as e:
                    return bad("rejected", e)
                except (ConnectionError, TimeoutError) as e:
                    err = e
                except Exception as e:
                    return bad("failed", e)
                await asyncio.sleep(rng.uniform(0, min(1.0, 0.1 * 2**n)))
            return bad("failed", err)
    except TimeoutError as e:
        return bad("late", e)
