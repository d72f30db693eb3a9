import time


class CircuitBreaker:
    """Every change of the state begins a new generation; results of an older one count for nothing."""

    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.generation, self.failures = 0, 0
        self.state, self.retry_at = "closed", 0.0

    def _become(self, state):
        self.state, self.failures = state, 0
        self.generation += 1
        if state == "open":
            self.retry_at = time.monotonic() + self.reset_after

    async def call(self, call):
        if self.state == "open" and time.monotonic() >= self.retry_at:
            self._become("half-open")
        elif self.state != "closed":
            raise CircuitOpen("try later")
        mine = self.generation
        try:
            value = await call()
        except Exception:
            if mine == self.generation:
                self.failures += 1
                if self.state == "half-open" or self.failures >= self.threshold:
                    self._become("open")
            raise
        except BaseException:
            if mine == self.generation and self.state == "half-open":
                self.state, self.generation = "open", self.generation + 1
            raise
        if mine == self.generation:
            if self.state == "half-open":
                self._become("closed")
            self.failures = 0
        return value
