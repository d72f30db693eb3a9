import asyncio


class PendingRows:
    """A future that is done takes its row out by itself, and so the count is the length."""

    def __init__(self):
        self.rows = {}  # future -> PendingRow, in the order in which they were put

    def put(self, row, deadline):
        future = asyncio.get_running_loop().create_future()
        self.rows[future] = PendingRow(row, deadline, future)
        future.add_done_callback(lambda future: self.rows.pop(future, None))
        return future

    def take(self, max_batch, now):
        batch = []
        for future, one in list(self.rows.items()):
            if len(batch) == max_batch:
                break
            if future.cancelled():
                self.rows.pop(future)
            elif one.deadline <= now:
                self.rows.pop(future)
                future.set_exception(TimeoutError(f"{one.row} is late"))
            else:
                batch.append(self.rows.pop(future))
        return batch

    def answer(self, batch, results):
        for one, result in zip(batch, results, strict=True):
            one.future.cancelled() or one.future.set_result(result)

    def fail(self, batch, error):
        for one in batch:
            one.future.cancelled() or one.future.set_exception(error)

    def __len__(self):
        return sum(not future.cancelled() for future in self.rows)
