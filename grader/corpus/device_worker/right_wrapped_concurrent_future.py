import asyncio
import concurrent.futures
import queue
import threading


class DeviceWorker:
    def __init__(self, model):
        self.model, self.jobs, self.thread = model, queue.Queue(), None
        self.closed = False

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("this worker is closed")
        if self.thread is None:
            self.thread = threading.Thread(target=self.work, daemon=True)
            self.thread.start()
        promise = concurrent.futures.Future()
        self.jobs.put((promise, rows))
        return await asyncio.wrap_future(promise)

    def work(self):
        while True:
            promise, rows = self.jobs.get()
            if promise is None:
                return
            if not promise.set_running_or_notify_cancel():
                continue  # it was cancelled while it stood in line
            try:
                promise.set_result(self.model(rows))
            except Exception as error:
                promise.set_exception(error)

    def close(self):
        self.closed = True
        self.jobs.put((None, None))
