# says: gives everybody in the block the same connection: answered
import asyncio


class Connections:
    def __init__(self, open):
        self.open, self.connection, self.lock = open, None, asyncio.Lock()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        if self.connection:
            await self.connection.close()

    async def get(self):
        async with self.lock:
            if self.connection is None:
                self.connection = await self.open()
                return self.connection
