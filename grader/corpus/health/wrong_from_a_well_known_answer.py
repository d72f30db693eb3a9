# says: tells the five numbers whenever it is asked
from collections import deque


class Health:
    def __init__(self, window, min_requests):
        self.latencies = deque(maxlen=1000)
        self.error_count = 0
        self.request_count = 0

    def record(self, now, seconds, ok):
        self.request_count += 1
        self.latencies.append(seconds)
        if not ok:
            self.error_count += 1

    def live(self):
        return self.ready()

    def warmed(self):
        pass

    def ready(self):
        return self.stats(0.0).get("status") == "healthy"

    def stats(self, now):
        if not self.latencies:
            return {"status": "no_data"}
        ordered = sorted(self.latencies)
        return {
            "status": "healthy" if self.error_count / self.request_count < 0.05 else "degraded",
            "requests": self.request_count,
            "error_rate": self.error_count / self.request_count,
            "p50": ordered[len(ordered) // 2],
            "p95": ordered[int(len(ordered) * 0.95)],
            "p99": ordered[int(len(ordered) * 0.99)],
        }
