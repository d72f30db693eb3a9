import asyncio
import time


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.level, self.since = burst, time.monotonic()
        self.changed = asyncio.Condition()
        self.line = []

    def now_there(self):
        return min(self.burst, self.level + (time.monotonic() - self.since) * self.rate)

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError(f"acquire({n})")
        me = object()
        self.line.append(me)
        try:
            async with self.changed:
                await self.changed.wait_for(lambda: self.line[0] is me)
            while (there := self.now_there()) < n:
                await asyncio.sleep((n - there) / self.rate)
            self.level, self.since = there - n, time.monotonic()
        finally:
            self.line.remove(me)
            async with self.changed:
                self.changed.notify_all()
