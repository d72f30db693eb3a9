# says: does not wait in `close`: the event loop could not run anything else
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(1)

    async def run(self, rows):
        return await asyncio.get_running_loop().run_in_executor(self.pool, self.model, rows)

    def close(self):
        self.pool.shutdown()
