import asyncio


class Fetch:
    def __init__(self, item, call, breaker, timeout):
        self.item, self.call, self.breaker, self.timeout = item, call, breaker, timeout

    def told(self, status, **what):
        return {"id": self.item, "status": status, **what}

    async def once(self):
        async with asyncio.timeout(self.timeout):
            return await self.call(self.item)

    async def run(self, attempts, rng, bound=0.1):
        try:
            return self.told("ok", data=await self.breaker.call(self.once))
        except (ConnectionError, TimeoutError) as error:
            if attempts == 1:
                return self.told("failed", error=repr(error))
        except Exception as error:
            status = "rejected" if isinstance(error, CircuitOpen) else "failed"
            return self.told(status, error=repr(error))
        await asyncio.sleep(rng.random() * bound)
        return await self.run(attempts - 1, rng, min(1.0, 2 * bound))


async def robust_fetch(item, *, call, breaker, attempts, deadline, timeout, rng):
    fetch = Fetch(item, call, breaker, timeout)
    running = asyncio.ensure_future(fetch.run(attempts, rng))
    try:
        await asyncio.wait([running], timeout=deadline)
        if running.done():
            return running.result()
        return fetch.told("late", error=repr(TimeoutError()))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
