import asyncio
import time
from collections import deque


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.tokens, self.updated = burst, time.monotonic()
        self.line = deque()
        self.timer = None

    async def acquire(self, n=1):
        if n > self.burst:
            raise ValueError("more than the burst")
        self.refill()
        if not self.line and self.tokens >= n:
            self.tokens -= n
            return
        turn = asyncio.get_running_loop().create_future()
        self.line.append((n, turn))
        self.wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.tokens += n
            self.wake()
            raise

    def refill(self):
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.updated) * self.rate)
        self.updated = now

    def wake(self):
        if self.timer:
            self.timer.cancel()
            self.timer = None
        self.refill()
        while self.line:
            n, turn = self.line[0]
            if turn.done():
                self.line.popleft()
            elif self.tokens >= n:
                self.tokens -= n
                self.line.popleft()
                turn.set_result(None)
            else:
                wait = (n - self.tokens) / self.rate
                self.timer = asyncio.get_running_loop().call_later(wait, self.wake)
                return
