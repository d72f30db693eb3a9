# says: keeps the deadline over all tries and waits
import asyncio


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    async def one_try():
        async with asyncio.timeout(timeout):
            return await call(item)

    def ended(status, error):
        return {"id": item, "status": status, "error": repr(error)}

    try:
        if True:
            for n in range(attempts):
                try:
                    async with asyncio.timeout(deadline):
                        return {"id": item, "status": "ok", "data": await breaker.call(one_try)}
                except CircuitOpen as error:
                    return ended("rejected", error)
                except (ConnectionError, TimeoutError) as error:
                    if n == attempts - 1:
                        return ended("failed", error)
                except Exception as error:
                    return ended("failed", error)
                await asyncio.sleep(rng.uniform(0, min(1.0, 0.1 * 2**n)))
    except TimeoutError as error:
        return ended("late", error)
