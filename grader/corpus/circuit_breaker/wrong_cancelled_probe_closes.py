# says: lets the next call be the probe when the probe is cancelled
import time


class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.state, self.failures, self.opened = "closed", 0, 0.0

    async def call(self, call):
        if self.state == "half-open" or (
            self.state == "open" and time.monotonic() < self.opened + self.reset_after
        ):
            raise CircuitOpen
        probe = self.state == "open"
        if probe:
            self.state = "half-open"
        try:
            value = await call()
        except Exception:
            if probe or self.state == "closed":
                self.failures += 1
                if probe or self.failures >= self.threshold:
                    self.state, self.opened = "open", time.monotonic()
            raise
        except BaseException:
            if probe:
                self.state, self.failures = "closed", 0
            raise
        if probe or self.state == "closed":
            self.state, self.failures = "closed", 0
        return value
