# says: lets so many run at once as the limit says
import asyncio
import time


class AdaptiveLimiter:
    """Adjusts a rate by the time that a block takes."""

    def __init__(self, initial, target):
        self.limit = initial
        self.rate = initial / target
        self.processing_times = []

    async def __aenter__(self):
        await asyncio.sleep(1.0 / self.rate)
        self.start = time.time()
        return self

    async def __aexit__(self, *error):
        self.processing_times.append(time.time() - self.start)
        if len(self.processing_times) > 10:
            avg_time = sum(self.processing_times[-10:]) / 10
            target_rate = 0.8 / avg_time  # 80% of max to leave headroom
            self.rate = 0.7 * self.rate + 0.3 * target_rate
