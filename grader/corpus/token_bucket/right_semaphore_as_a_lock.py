import asyncio
from time import perf_counter


class TokenBucket:
    def __init__(self, rate, burst):
        self._rate = rate
        self._burst = burst
        self._spent = 0.0  # tokens that are missing
        self._when = perf_counter()
        self._gate = asyncio.Semaphore(1)

    async def acquire(self, n=1):
        if not n <= self._burst:
            raise ValueError("too many at once")
        async with self._gate:
            missing = self._settle() + n - self._burst
            if missing > 0:
                await asyncio.sleep(missing / self._rate)
                self._settle()
            self._spent += n

    def _settle(self):
        now = perf_counter()
        self._spent = max(0.0, self._spent - (now - self._when) * self._rate)
        self._when = now
        return self._spent
