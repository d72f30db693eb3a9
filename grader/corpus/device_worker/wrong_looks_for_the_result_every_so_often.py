# says: answers as soon as the model has
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(1)

    async def run(self, rows):
        future = self.pool.submit(self.model, rows)
        while not future.done():
            await asyncio.sleep(0.005)
        return future.result()

    def close(self):
        self.pool.shutdown(wait=False)
