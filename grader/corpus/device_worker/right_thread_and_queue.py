import asyncio
import queue
import threading


class DeviceWorker:
    def __init__(self, model):
        self.model, self.jobs, self.closed = model, queue.SimpleQueue(), False
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

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
                result, error = self.model(rows), None
            except Exception as raised:
                result, error = None, raised
            loop.call_soon_threadsafe(self.settle, future, result, error)

    @staticmethod
    def settle(future, result, error):
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
