import bisect
from math import ceil


class Health:
    """Two lists: by time, to forget, and by seconds, to read off a quantile."""

    def __init__(self, window, min_requests):
        self.window, self.least = window, max(1, min_requests)
        self.by_time, self.by_seconds, self.failed = [], [], 0
        self.state = "cold"

    def record(self, now, seconds, ok):
        self.by_time.append((now, seconds, ok))
        bisect.insort(self.by_seconds, seconds)
        self.failed += not ok

    def _age(self, now):
        while self.by_time and self.by_time[0][0] <= now - self.window:
            _, seconds, ok = self.by_time.pop(0)
            del self.by_seconds[bisect.bisect_left(self.by_seconds, seconds)]
            self.failed -= not ok

    def live(self):
        return True

    def warmed(self):
        self.state = "warm"

    def ready(self):
        return self.state == "warm"

    def stats(self, now):
        self._age(now)
        n = len(self.by_time)
        if n < self.least:
            return {"requests": n, "error_rate": None, "p50": None, "p95": None, "p99": None}
        return {
            "requests": n,
            "error_rate": self.failed / n,
            "p50": self.by_seconds[ceil(0.5 * n) - 1],
            "p95": self.by_seconds[ceil(0.95 * n) - 1],
            "p99": self.by_seconds[ceil(0.99 * n) - 1],
        }
