import asyncio
import time


class Batcher:
    """The device is a task at most; whoever comes, and whatever ends, wakes the one that decides."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.size, self.window = device, max_batch, max_wait
        self.line, self.wake = [], asyncio.Queue()
        self.deciding = asyncio.create_task(self.decide())

    async def submit(self, row):
        answer = asyncio.get_event_loop().create_future()
        self.line.append((time.monotonic(), row, answer))
        self.wake.put_nowait(None)
        return await answer

    async def decide(self):
        at_work = None
        while True:
            now, timeout = time.monotonic(), None
            if at_work is None and self.line:
                due = self.line[0][0] + self.window
                if len(self.line) >= self.size or now >= due - 1e-9:
                    batch, self.line = self.line[: self.size], self.line[self.size :]
                    at_work = asyncio.create_task(self.work(batch))
                    at_work.add_done_callback(self.wake.put_nowait)
                else:
                    timeout = due - now
            try:
                done = await asyncio.wait_for(self.wake.get(), timeout)
            except TimeoutError:
                continue
            if done is at_work:
                at_work = None

    async def work(self, batch):
        try:
            results = list(await self.device([row for _, row, _ in batch]))
        except Exception as error:
            for _, _, answer in batch:
                answer.done() or answer.set_exception(error)
            return
        while batch:
            _, _, answer = batch.pop()
            result = results.pop()
            answer.done() or answer.set_result(result)
