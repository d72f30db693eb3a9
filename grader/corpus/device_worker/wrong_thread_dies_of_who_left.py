# says: when its result was for a future that had been cancelled
import asyncio
import concurrent.futures
import queue
import threading


class DeviceWorker:
    """A concurrent future that was cancelled refuses its result, and the thread dies of it."""

    def __init__(self, model):
        self.model, self.jobs, self.closed = model, queue.Queue(), False
        threading.Thread(target=self.work, daemon=True).start()

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        future = concurrent.futures.Future()
        self.jobs.put((rows, future))
        return await asyncio.wrap_future(future)

    def close(self):
        self.closed = True
        self.jobs.put(None)

    def work(self):
        while (job := self.jobs.get()) is not None:
            rows, future = job
            try:
                result = self.model(rows)
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)
