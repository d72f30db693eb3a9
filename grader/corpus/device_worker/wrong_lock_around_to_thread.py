# says: A cancelled `run` let the next one in
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    """The lock is the coroutine's, and a second thread is there for who comes in too early."""

    def __init__(self, model):
        self.model, self.lock, self.pool = model, asyncio.Lock(), ThreadPoolExecutor(2)
        self.closed = False

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        async with self.lock:
            return await asyncio.get_running_loop().run_in_executor(self.pool, self.model, rows)

    def close(self):
        self.closed = True
