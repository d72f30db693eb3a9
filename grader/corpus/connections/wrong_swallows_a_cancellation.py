# says: lets a cancellation leave the block
import asyncio


class Connections:
    def __init__(self, open):
        self._open, self._c, self._lock = open, None, asyncio.Lock()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, tb):
        if self._c:
            await self._c.close()
        return isinstance(error, asyncio.CancelledError)

    async def get(self):
        async with self._lock:
            if self._c is None:
                self._c = await self._open()
            return self._c
