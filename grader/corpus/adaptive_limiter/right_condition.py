import asyncio
import time


class AdaptiveLimiter:
    def __init__(self, initial, target):
        self.limit, self.target = initial, target
        self.credit, self.inside, self.quiet_until = 0, 0, 0.0
        self.room = asyncio.Condition()
        self.entered = {}

    async def __aenter__(self):
        async with self.room:
            await self.room.wait_for(lambda: self.inside < self.limit)
            self.inside += 1
        self.entered[asyncio.current_task()] = time.monotonic()
        return self

    async def __aexit__(self, *error):
        took = time.monotonic() - self.entered.pop(asyncio.current_task())
        self.inside -= 1
        if not any(error):
            self.adjust(took)
        async with self.room:
            self.room.notify_all()

    def adjust(self, took):
        if took < self.target:
            self.credit += 1
            if self.credit >= self.limit:
                self.limit, self.credit = self.limit + 1, 0
        elif time.monotonic() >= self.quiet_until:
            self.limit = max(1, self.limit * 3 // 4)
            self.credit, self.quiet_until = 0, time.monotonic() + took
