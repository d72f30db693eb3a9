# says: raises what `open` raises, and opens again at the next get
import asyncio


class Connections:
    def __init__(self, open):
        self.open, self.opening = open, None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        if self.opening is not None:
            self.opening.cancel()
            (connection,) = await asyncio.gather(self.opening, return_exceptions=True)
            if not isinstance(connection, BaseException):
                await connection.close()

    async def get(self):
        if self.opening is None:
            self.opening = asyncio.ensure_future(self.open())
        return await asyncio.shield(self.opening)
