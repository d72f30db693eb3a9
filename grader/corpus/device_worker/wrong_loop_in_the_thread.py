# says: answers as soon as the model has: run([4]) at 0.101 s gave [8] at
import asyncio
import threading


class DeviceWorker:
    """The thread runs an event loop of its own, in which the model may block."""

    def __init__(self, model):
        self.model, self.closed = model, False
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    async def call(self, rows):
        return self.model(rows)

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.call(rows), self.loop))

    def close(self):
        if not self.closed:
            self.closed = True
            self.loop.call_soon_threadsafe(lambda: self.loop.create_task(self.stop()))

    async def stop(self):
        self.loop.stop()
