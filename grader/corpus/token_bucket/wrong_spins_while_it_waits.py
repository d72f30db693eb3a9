# says: The loop went round
# verdict: stopped
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
            while self.tokens < n:
                await asyncio.sleep(0)
                self.refill()
            self.tokens -= n
