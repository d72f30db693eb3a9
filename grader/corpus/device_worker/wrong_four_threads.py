# says: never calls the model twice at once: the model saw
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(4)

    async def run(self, rows):
        return await asyncio.get_running_loop().run_in_executor(self.pool, self.model, rows)

    def close(self):
        self.pool.shutdown(wait=False)
