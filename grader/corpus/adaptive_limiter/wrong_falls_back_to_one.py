# says: lets through about 90 %
import asyncio
import time
from collections import deque


class AdaptiveLimiter:
    def __init__(self, initial, target):
        self.level, self.target = float(initial), target
        self.running, self.last_cut = 0, float("-inf")
        self.waiters, self.began = deque(), {}

    @property
    def limit(self):
        return max(1, int(self.level))

    async def __aenter__(self):
        if self.running < self.limit:
            self.running += 1
        else:
            turn = asyncio.get_running_loop().create_future()
            self.waiters.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.leave()
                raise
        self.began[asyncio.current_task()] = time.monotonic()
        return self

    def leave(self):
        self.running -= 1
        while self.waiters and self.running < self.limit:
            turn = self.waiters.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)

    def learn(self, began, now):
        if now - began < self.target:
            self.level += 1 / self.level
        elif began >= self.last_cut:
            self.level, self.last_cut = 1.0, now

    async def __aexit__(self, kind, error, traceback):
        self.learn(self.began.pop(asyncio.current_task()), time.monotonic())
        self.leave()
