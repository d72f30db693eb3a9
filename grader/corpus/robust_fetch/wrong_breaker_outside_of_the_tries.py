# says: asks the breaker at each try: the api saw 5 calls
import asyncio


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    async def one_try():
        async with asyncio.timeout(timeout):
            return await call(item)

    async def tries():
        for n in range(attempts - 1):
            try:
                return await one_try()
            except (ConnectionError, TimeoutError):
                await asyncio.sleep(rng.uniform(0, min(1.0, 0.1 * 2**n)))
        return await one_try()

    def ended(status, error):
        return {"id": item, "status": status, "error": repr(error)}

    try:
        async with asyncio.timeout(deadline) as limit:
            return {"id": item, "status": "ok", "data": await breaker.call(tries)}
    except CircuitOpen as error:
        return ended("rejected", error)
    except TimeoutError as error:
        return ended("late" if limit.expired() else "failed", error)
    except Exception as error:
        return ended("failed", error)
