# says: serves who came first, first
import asyncio


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.tokens = burst
        self.changed = asyncio.Condition()
        self.filler = asyncio.create_task(self.fill())

    async def fill(self):
        while True:
            await asyncio.sleep(1 / self.rate)
            async with self.changed:
                self.tokens = min(self.burst, self.tokens + 1)
                self.changed.notify_all()

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(n)
        async with self.changed:
            await self.changed.wait_for(lambda: self.tokens >= n)
            self.tokens -= n
