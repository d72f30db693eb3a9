# says: raises what the model raises
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(1)

    async def run(self, rows):
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, self.model, rows)
        except ValueError as error:
            raise RuntimeError("the model failed") from error

    def close(self):
        self.pool.shutdown(wait=False)
