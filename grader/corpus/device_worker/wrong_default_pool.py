# says: Two threads were in the model at once
import asyncio


class DeviceWorker:
    def __init__(self, model):
        self.model, self.closed = model, False

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        return await asyncio.to_thread(self.model, rows)

    def close(self):
        self.closed = True
