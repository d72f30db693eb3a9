# says: counts the requests of the last seconds
import math
from collections import deque


class Health:
    def __init__(self, window, min_requests):
        self.window, self.min_requests = window, min_requests
        self.warm, self.ended = False, deque()

    def record(self, now, seconds, ok):
        self.ended.append((now, seconds, ok))

    def live(self):
        return True

    def warmed(self):
        self.warm = True

    def ready(self):
        return self.warm

    def stats(self, now):
        recent = [one for one in self.ended if one[0] > now - self.window]
        self.ended.clear()
        told = {"requests": len(recent), "error_rate": None, "p50": None, "p95": None, "p99": None}
        if len(recent) >= self.min_requests:
            ordered = sorted(seconds for _, seconds, _ in recent)
            told["error_rate"] = sum(not ok for *_, ok in recent) / len(recent)
            for part in (50, 95, 99):
                told[f"p{part}"] = ordered[math.ceil(part * len(ordered) / 100) - 1]
        return told
