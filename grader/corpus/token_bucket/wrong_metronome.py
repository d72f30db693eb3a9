# says: The bucket is full at first
import asyncio


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.lock = asyncio.Lock()

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(n)
        async with self.lock:
            await asyncio.sleep(n / self.rate)
