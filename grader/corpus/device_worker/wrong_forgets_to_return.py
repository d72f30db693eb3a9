# says: run([1, 2, 3]) at 0.1 s gave None
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(1)

    async def run(self, rows):
        await asyncio.get_running_loop().run_in_executor(self.pool, self.model, rows)

    def close(self):
        self.pool.shutdown(wait=False)
