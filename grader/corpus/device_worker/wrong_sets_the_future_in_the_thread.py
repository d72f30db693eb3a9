# says: Nothing but `loop.call_soon_threadsafe` may be called from there
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(1)

    async def run(self, rows):
        future = asyncio.get_running_loop().create_future()
        self.pool.submit(self.work, rows, future)
        return await future

    def work(self, rows, future):
        try:
            future.set_result(self.model(rows))
        except Exception as error:
            future.set_exception(error)

    def close(self):
        self.pool.shutdown(wait=False)
