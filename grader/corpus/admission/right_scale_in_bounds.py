class Admission:
    """A scale that moves by a tenth of the difference, and at most by a tenth."""

    def __init__(self, max_batch, budget):
        self._max_batch, self._budget = max_batch, budget
        self._seen, self._scale = [], 1.0

    def observe(self, rows, seconds):
        if len(self._seen) < 2:
            self._seen.append((rows, seconds))
            return
        ratio = seconds / (self._scale * self._line(rows))
        self._scale *= 1 + 0.1 * (min(max(ratio, 0.5), 2.0) - 1)

    def _line(self, rows):
        (few, short), (many, long) = sorted(self._seen)
        return short + (long - short) * (rows - few) / (many - few)

    def admit(self, now, waiting, busy_until):
        if not waiting and busy_until <= now:
            return True
        seconds = self._scale * self._line(self._max_batch)
        rows_in_time = int((self._budget - max(0.0, busy_until - now)) / seconds + 1e-9) * self._max_batch
        return waiting < rows_in_time
