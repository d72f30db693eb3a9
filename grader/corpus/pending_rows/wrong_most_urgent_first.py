# says: takes what somebody waits for, in order, as many as fit: batch
import asyncio
from collections import deque


class PendingRows:
    def __init__(self):
        self.rows = deque()

    def put(self, row, deadline):
        future = asyncio.get_running_loop().create_future()
        self.rows.append(PendingRow(row, deadline, future))
        return future

    def take(self, max_batch, now):
        batch = []
        self.rows = deque(sorted(self.rows, key=lambda one: one.deadline))
        while self.rows and len(batch) < max_batch:
            one = self.rows.popleft()
            if one.future.done():
                continue
            if one.deadline <= now:
                one.future.set_exception(TimeoutError("too late"))
                continue
            batch.append(one)
        return batch

    def answer(self, batch, results):
        for one, result in zip(batch, results):
            if not one.future.done():
                one.future.set_result(result)

    def fail(self, batch, error):
        for one in batch:
            if not one.future.done():
                one.future.set_exception(error)

    def __len__(self):
        return sum(not one.future.done() for one in self.rows)
