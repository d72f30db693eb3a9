import asyncio


class PendingRows:
    """One list; each `take` sorts out everybody first."""

    def __init__(self):
        self.waiting = []

    def put(self, row, deadline):
        self.waiting.append(PendingRow(row, deadline, asyncio.Future()))
        return self.waiting[-1].future

    def take(self, max_batch, now):
        self.waiting = [one for one in self.waiting if not one.future.done()]
        for one in self.waiting:
            if one.deadline <= now:
                one.future.set_exception(TimeoutError())
        there = [one for one in self.waiting if not one.future.done()]
        self.waiting = there[max_batch:]
        return there[:max_batch]

    def answer(self, batch, results):
        self._settle(batch, [("set_result", result) for result in results])

    def fail(self, batch, error):
        self._settle(batch, [("set_exception", error)] * len(batch))

    def _settle(self, batch, outcomes):
        for one, (method, value) in zip(batch, outcomes, strict=True):
            if not one.future.done():
                getattr(one.future, method)(value)

    def __len__(self):
        return len([one for one in self.waiting if not one.future.done()])
