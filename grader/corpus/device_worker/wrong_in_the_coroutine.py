# says: leaves the event loop free: the event loop could not run anything else
class DeviceWorker:
    def __init__(self, model):
        self.model, self.closed = model, False

    async def run(self, rows):
        if self.closed:
            raise RuntimeError("closed")
        return self.model(rows)

    def close(self):
        self.closed = True
