# says: rejects the other calls at once, with CircuitOpen
import time


class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.failures, self.failed_at, self.state = 0, None, "closed"

    async def call(self, call):
        if self.state == "open":
            if time.time() - self.failed_at > self.reset_after:
                self.state = "half-open"
            else:
                raise RuntimeError("circuit breaker open")
        try:
            value = await call()
        except Exception:
            self.failures += 1
            self.failed_at = time.time()
            if self.failures >= self.threshold:
                self.state = "open"
            raise
        self.failures = 0
        self.state = "closed"
        return value
