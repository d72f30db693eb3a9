# says: More went through at once than the burst has tokens
import asyncio
import time


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.tokens, self.at = float(burst), time.monotonic()
        self.lock = asyncio.Lock()

    async def acquire(self, n=1):
        async with self.lock:
            now = time.monotonic()
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
            self.at = now
            if self.tokens < n:
                return False
            self.tokens -= n
            return True
