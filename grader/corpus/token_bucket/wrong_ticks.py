# says: serves a burst at once, then one after the other as tokens come
import asyncio
import time


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.tokens, self.at = float(burst), time.monotonic()
        self.lock = asyncio.Lock()

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(n)
        async with self.lock:
            while True:
                now = time.monotonic()
                self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
                self.at = now
                if self.tokens >= n:
                    break
                await asyncio.sleep(0.01)
            self.tokens -= n
