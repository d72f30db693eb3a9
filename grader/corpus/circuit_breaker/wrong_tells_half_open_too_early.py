# says: tells its state
import time


class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self._state, self.failures, self.opened = "closed", 0, 0.0

    @property
    def state(self):
        due = time.monotonic() >= self.opened + self.reset_after
        return "half-open" if self._state == "open" and due else self._state

    async def call(self, call):
        if self._state == "half-open" or (
            self._state == "open" and time.monotonic() < self.opened + self.reset_after
        ):
            raise CircuitOpen
        probe = self._state == "open"
        if probe:
            self._state = "half-open"
        try:
            value = await call()
        except Exception:
            if probe or self._state == "closed":
                self.failures += 1
                if probe or self.failures >= self.threshold:
                    self._state, self.opened = "open", time.monotonic()
            raise
        except BaseException:
            if probe:
                self._state = "open"
            raise
        if probe or self._state == "closed":
            self._state, self.failures = "closed", 0
        return value
