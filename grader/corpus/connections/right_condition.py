import asyncio


class Connections:
    def __init__(self, open):
        self._open, self._connection = open, None
        self._busy, self._changed = False, asyncio.Condition()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def get(self):
        async with self._changed:
            await self._changed.wait_for(lambda: not self._busy)
            if self._connection is not None:
                return self._connection
            self._busy = True
        try:
            self._connection = await self._open()
            return self._connection
        finally:
            self._busy = False
            async with self._changed:
                self._changed.notify_all()
