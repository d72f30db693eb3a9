# says: Two threads were in the model at once
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.closed = model, False

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        pool = ThreadPoolExecutor(1)
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, self.model, rows)
        finally:
            pool.shutdown(wait=False)

    def close(self):
        self.closed = True
