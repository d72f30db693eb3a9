# says: Nothing but `loop.call_soon_threadsafe` may be called from there
import asyncio
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(1)

    async def run(self, rows):
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def settle(set_it, value):
            if not future.done():
                set_it(value)

        def work():
            try:
                result = self.model(rows)
            except Exception as error:
                loop.call_soon(settle, future.set_exception, error)
            else:
                loop.call_soon(settle, future.set_result, result)

        self.pool.submit(work)
        return await future

    def close(self):
        self.pool.shutdown(wait=False)
