# says: gives a connection to the second when the first gives up while it opens
import asyncio


class Connections:
    def __init__(self, open):
        self.open, self.opening = open, None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        if self.opening is not None:
            (connection,) = await asyncio.gather(self.opening, return_exceptions=True)
            if not isinstance(connection, BaseException):
                await connection.close()

    async def get(self):
        if self.opening is None or (
            self.opening.done() and (self.opening.cancelled() or self.opening.exception())
        ):
            self.opening = asyncio.ensure_future(self.open())
        return await self.opening
