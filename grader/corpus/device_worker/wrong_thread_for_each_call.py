# says: each in a thread of its own
import asyncio
import threading


class DeviceWorker:
    def __init__(self, model):
        self.model, self.lock, self.closed = model, asyncio.Lock(), False

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        async with self.lock:
            loop = asyncio.get_running_loop()
            future = loop.create_future()

            def work():
                result = self.model(rows)
                loop.call_soon_threadsafe(future.set_result, result)

            threading.Thread(target=work).start()
            return await future

    def close(self):
        self.closed = True
