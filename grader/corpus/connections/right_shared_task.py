import asyncio


class Connections:
    """Whoever asks waits for one task, which no waiter can cancel."""

    def __init__(self, open):
        self._open, self._opening = open, None

    async def __aenter__(self):
        return self

    async def get(self):
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = asyncio.ensure_future(self._open())
        return await asyncio.shield(self._opening)

    async def __aexit__(self, *error):
        if self._opening is None:
            return
        if not self._opening.done():
            self._opening.cancel()
        (connection,) = await asyncio.gather(self._opening, return_exceptions=True)
        if not isinstance(connection, BaseException):
            await connection.close()
