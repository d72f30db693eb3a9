# says: The probe closed it, and the count went on from before
import time


class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.failures, self.open_until, self.probing = 0, None, False

    @property
    def state(self):
        return "half-open" if self.probing else "closed" if self.open_until is None else "open"

    async def call(self, call):
        if self.open_until is not None:
            if self.probing or time.monotonic() < self.open_until:
                raise CircuitOpen
            self.probing = True
            try:
                r = await call()
            except Exception:
                self.open_until = time.monotonic() + self.reset_after
                raise
            else:
                self.open_until = None
                return r
            finally:
                self.probing = False
        try:
            r = await call()
        except Exception:
            if self.state == "closed":
                self.failures += 1
                if self.failures >= self.threshold:
                    self.open_until = time.monotonic() + self.reset_after
            raise
        if self.state == "closed":
            self.failures = 0
        return r
