# says: may be closed twice
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(1)

    async def run(self, rows):
        if self.pool is None:
            raise RuntimeError("closed")
        return await asyncio.get_running_loop().run_in_executor(self.pool, self.model, rows)

    def close(self):
        self.pool.shutdown(wait=False)
        self.pool = None
