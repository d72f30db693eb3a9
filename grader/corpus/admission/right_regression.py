import statistics
from collections import deque


class Admission:
    """Least squares through the last thirty batches and the first two; a margin of two milliseconds."""

    def __init__(self, max_batch, budget):
        self.max_batch, self.budget = max_batch, budget
        self.first, self.points = [], deque(maxlen=30)

    def observe(self, rows, seconds):
        (self.points if len(self.first) == 2 else self.first).append((rows, seconds))

    def full_batch(self):
        rows, seconds = zip(*self.first, *self.points, strict=True)
        slope, intercept = statistics.linear_regression(rows, seconds)
        return intercept + slope * self.max_batch

    def admit(self, now, waiting, busy_until):
        if waiting == 0 and busy_until <= now:
            return True
        answer_at = max(now, busy_until) + (waiting // self.max_batch + 1) * self.full_batch()
        return answer_at + 0.002 <= now + self.budget
