# says: There was no second try after a timeout
import asyncio


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    async def one_try():
        return await call(item)

    def ended(status, error):
        return {"id": item, "status": status, "error": repr(error)}

    try:
        async with asyncio.timeout(min(timeout, deadline)):
            for n in range(attempts):
                try:
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
