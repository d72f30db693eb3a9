import asyncio
import contextvars
import time

started = contextvars.ContextVar("started")


class AdaptiveLimiter:
    """As many as the least latency that was seen says: Little's law."""

    def __init__(self, initial, target):
        self.target, self.estimate = target, float(initial)
        self.free_at_start = asyncio.Semaphore(0)
        self.busy, self.queue = 0, []

    @property
    def limit(self):
        return max(1, round(self.estimate))

    async def __aenter__(self):
        me = asyncio.Event()
        self.queue.append(me)
        self.admit()
        try:
            await me.wait()
        except BaseException:
            if me in self.queue:
                self.queue.remove(me)
            else:
                self.busy -= 1
                self.admit()
            raise
        started.set(time.monotonic())

    def admit(self):
        while self.queue and self.busy < self.limit:
            self.busy += 1
            self.queue.pop(0).set()

    async def __aexit__(self, kind, error, traceback):
        took = time.monotonic() - started.get()
        self.busy -= 1
        if kind is None:
            wanted = self.estimate * min(1.5, 0.95 * self.target / took) + 0.3
            self.estimate += (wanted - self.estimate) / max(4.0, self.estimate)
            self.estimate = min(1000.0, max(1.0, self.estimate))
        self.admit()
