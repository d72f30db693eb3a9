# says: `time.monotonic()` cannot be set
import asyncio
import time


class TokenBucket:
    def __init__(self, rate, burst):
        self.rate = rate  # tokens per second
        self.capacity = burst  # max tokens
        self.tokens = burst
        self.last_update = time.time()
        self.lock = asyncio.Lock()

    async def acquire(self, tokens=1):
        """Acquire tokens, waiting if necessary."""
        async with self.lock:
            while True:
                now = time.time()
                elapsed = now - self.last_update

                # Add tokens based on elapsed time
                self.tokens = min(self.capacity, self.tokens + elapsed * self.rate)
                self.last_update = now

                if self.tokens >= tokens:
                    self.tokens -= tokens
                    return

                # Wait for tokens to regenerate
                wait_time = (tokens - self.tokens) / self.rate
                await asyncio.sleep(wait_time)
