class Admission:
    """The quickest of the last three full batches; five milliseconds in hand."""

    def __init__(self, max_batch, budget):
        self.max_batch, self.budget = max_batch, budget
        self.last = []

    def observe(self, rows, seconds):
        if rows == self.max_batch:
            self.last = [*self.last, seconds][-3:]

    def admit(self, now, waiting, busy_until):
        if busy_until <= now and waiting == 0:
            return True
        full, rest = divmod(waiting + 1, self.max_batch)
        batches = full + (rest > 0)
        return max(busy_until - now, 0) + batches * min(self.last) <= self.budget - 0.005
