import statistics
from collections import deque


class Admission:
    """Looks at full batches only; their median does not feel one odd call."""

    def __init__(self, max_batch, budget):
        self.max_batch = max_batch
        self.budget = budget
        self.full = deque(maxlen=5)

    def observe(self, rows, seconds):
        if rows == self.max_batch:
            self.full.append(seconds)

    def admit(self, now, waiting, busy_until):
        idle = waiting == 0 and busy_until <= now
        batches = -(-(waiting + 1) // self.max_batch)
        wait = max(0.0, busy_until - now) + batches * statistics.median(self.full)
        return idle or wait <= self.budget
