# says: Who was admitted waited for an answer that came too late
class Admission:
    def __init__(self, max_batch, budget):
        self.max_batch, self.budget, self.first, self.last = max_batch, budget, {}, []

    def line(self, rows):
        per_row = (self.first[self.max_batch] - self.first[1]) / (self.max_batch - 1)
        return self.first[1] + (rows - 1) * per_row

    def observe(self, rows, seconds):
        if len(self.first) < 2:
            self.first[rows] = seconds
        else:
            self.last = [*self.last, seconds / self.line(rows)][-5:]

    def full(self):
        return self.line(self.max_batch) * sorted([1.0, *self.last])[len(self.last) // 2]

    def admit(self, now, waiting, busy_until):
        if waiting == 0 and busy_until <= now:
            return True
        batches = waiting // self.max_batch + 1
        return max(now, busy_until) + batches * self.full() <= now + 0.15
