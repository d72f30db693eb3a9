import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model = model
        self.executor = None
        self.is_closed = False

    async def run(self, rows):
        if self.is_closed:
            raise RuntimeError("DeviceWorker is closed")
        if self.executor is None:
            self.executor = ThreadPoolExecutor(1, thread_name_prefix="device")
        return await asyncio.wrap_future(self.executor.submit(self.model, rows))

    def close(self):
        self.is_closed = True
        if self.executor is not None:
            self.executor.shutdown(wait=False)
            self.executor = None
