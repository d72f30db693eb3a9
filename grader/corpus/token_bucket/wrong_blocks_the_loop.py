# says: takes nothing from who left
import time


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.tokens, self.at = float(burst), time.monotonic()

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(n)
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < n:
            time.sleep((n - self.tokens) / self.rate)
            self.tokens, self.at = n, time.monotonic()
        self.tokens -= n
