import asyncio
from contextlib import AsyncExitStack


class Connections:
    def __init__(self, open):
        self.open, self.lock = open, asyncio.Lock()
        self.stack, self.connection = AsyncExitStack(), None

    async def __aenter__(self):
        await self.stack.__aenter__()
        return self

    async def __aexit__(self, *error):
        return await self.stack.__aexit__(*error)

    async def get(self):
        async with self.lock:
            if not self.connection:
                self.connection = await self.open()
                self.stack.push_async_callback(self.connection.close)
            return self.connection
