# says: closings did not get to their end
import asyncio
from contextlib import suppress


class Connections:
    def __init__(self, open):
        self.open, self.connection, self.lock = open, None, asyncio.Lock()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        if self.connection:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.connection.close(), 0.1)

    async def get(self):
        async with self.lock:
            if self.connection is None:
                self.connection = await self.open()
        return self.connection
