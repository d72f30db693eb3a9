# says: raises RuntimeError at once after `close`
import asyncio
import queue
import threading


class DeviceWorker:
    def __init__(self, model):
        self.model, self.jobs = model, queue.Queue()
        threading.Thread(target=self.work, daemon=True).start()

    async def run(self, rows):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.jobs.put((rows, loop, future))
        return await future

    def close(self):
        self.jobs.put(None)

    def work(self):
        while (job := self.jobs.get()) is not None:
            rows, loop, future = job
            try:
                loop.call_soon_threadsafe(self.settle, future.set_result, future, self.model(rows))
            except Exception as error:
                loop.call_soon_threadsafe(self.settle, future.set_exception, future, error)

    def settle(self, set_it, future, value):
        if not future.done():
            set_it(value)
