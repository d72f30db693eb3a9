# says: The model runs in the loop's own thread
class DeviceWorker:
    def __init__(self, model):
        self.model, self.closed = model, False

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        return self.model(rows)

    def close(self):
        self.closed = True
