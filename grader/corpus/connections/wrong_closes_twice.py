# says: closes the connection at the end of the block: 1 were opened, 2 were closed
import asyncio


class Connections:
    def __init__(self, open):
        self.open, self.connection, self.lock = open, None, asyncio.Lock()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, *error):
        if self.connection:
            await self.connection.close()
        if kind is None and self.connection:
            await self.connection.close()

    async def get(self):
        async with self.lock:
            if self.connection is None:
                self.connection = await self.open()
        return self.connection
