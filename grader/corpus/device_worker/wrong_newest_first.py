# says: calls the model in the order of `run`
import asyncio
import queue
import threading


class DeviceWorker:
    def __init__(self, model):
        self.model, self.jobs, self.closed = model, queue.LifoQueue(), False
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

    def work(self):
        while True:
            rows, loop, future = self.jobs.get()
            try:
                result = self.model(rows)
            except Exception as error:
                loop.call_soon_threadsafe(self.settle, future, future.set_exception, error)
            else:
                loop.call_soon_threadsafe(self.settle, future, future.set_result, result)

    def settle(self, future, set_it, value):
        if not future.done():
            set_it(value)
