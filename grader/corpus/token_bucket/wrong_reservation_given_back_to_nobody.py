# says: must not outlive them
import asyncio
import time


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.tokens, self.at = float(burst), time.monotonic()

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(n)
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate) - n
        self.at = now
        if self.tokens < 0:
            try:
                await asyncio.sleep(-self.tokens / self.rate)
            except asyncio.CancelledError:
                self.tokens += n  # but those behind sleep on
                raise
