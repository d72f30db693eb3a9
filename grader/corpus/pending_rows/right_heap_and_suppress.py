import asyncio
import heapq
import itertools
from contextlib import suppress


class PendingRows:
    """A heap by number, and what is done already is noticed when it says so."""

    def __init__(self):
        self._heap, self._number = [], itertools.count()

    def put(self, row, deadline):
        future = asyncio.get_event_loop().create_future()
        heapq.heappush(self._heap, (next(self._number), PendingRow(row, deadline, future)))
        return future

    def take(self, max_batch, now):
        batch = []
        while len(batch) < max_batch:
            if not self._heap:
                break
            _, one = heapq.heappop(self._heap)
            if not one.future.done():
                if one.deadline > now:
                    batch.append(one)
                else:
                    one.future.set_exception(TimeoutError)
        return batch

    def answer(self, batch, results):
        for one, result in zip(batch, results, strict=True):
            with suppress(asyncio.InvalidStateError):
                one.future.set_result(result)

    def fail(self, batch, error):
        for one in batch:
            with suppress(asyncio.InvalidStateError):
                one.future.set_exception(error)

    def __len__(self):
        return len([1 for _, one in self._heap if not one.future.done()])
