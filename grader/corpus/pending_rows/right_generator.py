import asyncio
from collections import deque
from itertools import islice


class PendingRows(deque):
    """It is a deque, and a generator that takes out the rows that are alive."""

    def put(self, row, deadline):
        future = asyncio.get_running_loop().create_future()
        self.append(PendingRow(row=row, deadline=deadline, future=future))
        return future

    def _alive(self, now):
        while super().__len__():
            one = self.popleft()
            if one.future.done():
                pass
            elif now >= one.deadline:
                one.future.set_exception(TimeoutError("deadline"))
            else:
                yield one

    def take(self, max_batch, now):
        return list(islice(self._alive(now), max_batch))

    def answer(self, batch, results):
        for number, one in enumerate(batch):
            if not one.future.cancelled():
                one.future.set_result(results[number])

    def fail(self, batch, error):
        [one.future.set_exception(error) for one in batch if not one.future.cancelled()]

    def __len__(self):
        return sum(not one.future.done() for one in self)
