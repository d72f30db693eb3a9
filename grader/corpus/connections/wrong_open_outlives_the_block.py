# says: closes nothing when it was cancelled before anything was open
import asyncio


class Connections:
    def __init__(self, open):
        self.open, self.opening = open, None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        if self.opening is not None and self.opening.done() and not self.opening.exception():
            await self.opening.result().close()

    async def get(self):
        if self.opening is None or (self.opening.done() and self.opening.exception()):
            self.opening = asyncio.ensure_future(self.open())
        return await asyncio.shield(self.opening)
