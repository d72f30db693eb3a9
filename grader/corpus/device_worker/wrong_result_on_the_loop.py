# says: The model runs in the loop's own thread, or the loop waits for its thread
from concurrent.futures import ThreadPoolExecutor


class DeviceWorker:
    def __init__(self, model):
        self.model, self.pool = model, ThreadPoolExecutor(1)

    async def run(self, rows):
        return self.pool.submit(self.model, rows).result()

    def close(self):
        self.pool.shutdown(wait=False)
