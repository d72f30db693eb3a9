# says: There was no second try after a timeout
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
                except ConnectionError as e:
                    if n == attempts - 1:
                        return bad("failed", e)
                except Exception as e:
                    return bad("failed", e)
                await asyncio.sleep(rng.uniform(0, min(1.0, 0.1 * 2**n)))
    except TimeoutError as e:
        return bad("late", e)
