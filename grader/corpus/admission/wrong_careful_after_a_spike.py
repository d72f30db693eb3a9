# says: is as good as before a second after a spike
from collections import deque
from statistics import median


class Admission:
    def __init__(self, max_batch, budget):
        self.max_batch, self.budget = max_batch, budget
        self.known, self.ratios = {}, deque([1.0] * 5, maxlen=5)
        self.came, self.most, self.number = deque(), 0, 0

    def admit(self, now, waiting, busy_until):
        self.came.append(now)
        while self.came[0] < now - 0.5:
            self.came.popleft()
        self.most = max(self.most, len(self.came))
        if not waiting and busy_until <= now:
            return True
        if len(self.came) < self.most / 2:  # the rush is over: go easy on the device
            self.number += 1
            if self.number % 5 == 0:
                return False
        full = self.line(self.max_batch) * median(self.ratios)
        return max(now, busy_until) + (waiting // self.max_batch + 1) * full <= now + self.budget

    def observe(self, rows, seconds):
        if len(self.known) < 2:
            self.known[rows] = seconds
        else:
            self.ratios.append(seconds / self.line(rows))

    def line(self, rows):
        few, many = min(self.known), max(self.known)
        return self.known[few] + (rows - few) * (self.known[many] - self.known[few]) / max(1, many - few)
