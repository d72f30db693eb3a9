import asyncio


class Batcher:
    """A timer for each row; the device's task says when it is free."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.rows, self.busy = [], False

    async def submit(self, row):
        loop = asyncio.get_running_loop()
        entry = {"row": row, "future": loop.create_future(), "overdue": False}
        self.rows.append(entry)
        loop.call_later(self.max_wait, self.overdue, entry)
        self.send_if_due()
        return await entry["future"]

    def overdue(self, entry):
        entry["overdue"] = True
        self.send_if_due()

    def send_if_due(self):
        if self.busy or not self.rows:
            return
        if len(self.rows) >= self.max_batch or self.rows[0]["overdue"]:
            batch, self.rows = self.rows[: self.max_batch], self.rows[self.max_batch :]
            self.busy = True
            task = asyncio.ensure_future(self.device([entry["row"] for entry in batch]))
            task.add_done_callback(lambda done: self.settle(done, batch))

    def settle(self, task, batch):
        self.busy = False
        for place, entry in enumerate(batch):
            if entry["future"].done():
                continue
            if task.exception() is not None:
                entry["future"].set_exception(task.exception())
            else:
                entry["future"].set_result(task.result()[place])
        self.send_if_due()
