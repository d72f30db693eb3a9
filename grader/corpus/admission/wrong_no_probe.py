# says: After one slow call everybody was refused
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
            self.last = [0.7 * self.ratio() + 0.3 * seconds / self.line(rows)]

    def ratio(self):
        return self.last[0] if self.last else 1.0

    def full(self):
        return self.line(self.max_batch) * self.ratio()

    def admit(self, now, waiting, busy_until):
        batches = waiting // self.max_batch + 1
        return max(now, busy_until) + batches * self.full() <= now + self.budget
