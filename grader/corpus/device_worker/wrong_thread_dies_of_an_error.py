# says: The thread died of the model's error
import asyncio
import queue
import threading


class DeviceWorker:
    def __init__(self, model):
        self.model, self.jobs, self.closed = model, queue.Queue(), False
        threading.Thread(target=self.work, daemon=True).start()

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.jobs.put((rows, loop, future))
        return await future

    def close(self):
        self.closed = True
        self.jobs.put(None)

    def work(self):
        while (job := self.jobs.get()) is not None:
            rows, loop, future = job
            try:
                result = self.model(rows)
            except Exception as error:
                loop.call_soon_threadsafe(future.set_exception, error)
                raise
            loop.call_soon_threadsafe(lambda future, result: future.done() or future.set_result(result), future, result)
