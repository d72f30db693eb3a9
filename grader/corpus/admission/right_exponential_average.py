class Admission:
    """An exponential average of how much longer than expected batches take."""

    def __init__(self, max_batch, budget):
        self.max_batch, self.budget = max_batch, budget
        self.first, self.slowness = {}, 1.0

    def expected(self, rows):
        share = (rows - 1) / (self.max_batch - 1)
        return self.first[1] + share * (self.first[self.max_batch] - self.first[1])

    def observe(self, rows, seconds):
        if len(self.first) < 2:
            self.first[rows] = seconds
        else:
            self.slowness += 0.2 * (seconds / self.expected(rows) - self.slowness)

    def admit(self, now, waiting, busy_until):
        start = max(now, busy_until)
        if waiting == 0 and start == now:
            return True
        full_batch = self.slowness * self.expected(self.max_batch)
        return start + full_batch * (waiting // self.max_batch + 1) <= now + self.budget
