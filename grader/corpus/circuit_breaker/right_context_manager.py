import time
from contextlib import contextmanager


class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.failures, self.until, self.probing = 0, None, False

    @property
    def state(self):
        return "closed" if self.until is None else "half-open" if self.probing else "open"

    @contextmanager
    def _probe(self):
        self.probing = True
        try:
            yield
        except Exception:
            self.until = time.monotonic() + self.reset_after
            raise
        else:
            self.until, self.failures = None, 0
        finally:
            self.probing = False

    @contextmanager
    def _counted(self):
        try:
            yield
        except Exception:
            if self.until is None:
                self.failures += 1
                if self.failures >= self.threshold:
                    self.until = time.monotonic() + self.reset_after
            raise
        else:
            if self.until is None:
                self.failures = 0

    async def call(self, call):
        if self.until is None:
            with self._counted():
                return await call()
        if self.probing or time.monotonic() < self.until:
            raise CircuitOpen
        with self._probe():
            return await call()
