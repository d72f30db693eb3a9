import time


class Closed:
    name = "closed"

    def __init__(self, breaker):
        self.breaker, self.failures = breaker, 0

    def admit(self):
        return self

    def succeeded(self):
        self.failures = 0

    def failed(self):
        self.failures += 1
        if self.failures == self.breaker.threshold:
            self.breaker.now = Open(self.breaker)

    def cancelled(self):
        pass


class Open:
    name = "open"

    def __init__(self, breaker, since=None):
        self.breaker, self.since = breaker, time.monotonic() if since is None else since

    def admit(self):
        if time.monotonic() - self.since < self.breaker.reset_after:
            raise CircuitOpen
        self.breaker.now = HalfOpen(self.breaker, self.since)
        return self.breaker.now


class HalfOpen:
    name = "half-open"

    def __init__(self, breaker, since):
        self.breaker, self.since = breaker, since

    def admit(self):
        raise CircuitOpen

    def succeeded(self):
        self.breaker.now = Closed(self.breaker)

    def failed(self):
        self.breaker.now = Open(self.breaker)

    def cancelled(self):
        self.breaker.now = Open(self.breaker, self.since)


class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.now = Closed(self)

    @property
    def state(self):
        return self.now.name

    async def call(self, call):
        state = self.now.admit()
        try:
            value = await call()
        except Exception:
            if self.now is state:
                state.failed()
            raise
        except BaseException:
            if self.now is state:
                state.cancelled()
            raise
        if self.now is state:
            state.succeeded()
        return value
