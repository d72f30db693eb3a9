# says: serves a burst at once, then one after the other as tokens come
import asyncio
import time


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.tokens, self.at = float(burst), time.monotonic()
        self.lock = asyncio.Lock()

    def refill(self):
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(f"{n} is more than the burst")
        async with self.lock:
            self.refill()
            if self.tokens < n:
                await asyncio.sleep(round((n - self.tokens) / self.rate, 3) - 0.001)
                self.refill()
            self.tokens -= n
