import asyncio


class TokenBucket:
    """Counts in time: `empty_at` is when the bucket was, or will have been, empty."""

    def __init__(self, rate, burst):
        self.seconds_per_token = 1 / rate
        self.burst = burst
        self.empty_at = asyncio.get_running_loop().time() - burst / rate
        self.turn = asyncio.Lock()

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(n)
        loop = asyncio.get_running_loop()
        async with self.turn:
            full = loop.time() - self.burst * self.seconds_per_token
            self.empty_at = max(self.empty_at, full)
            ready = self.empty_at + n * self.seconds_per_token
            if ready > loop.time():
                await asyncio.sleep(ready - loop.time())
            self.empty_at = ready
