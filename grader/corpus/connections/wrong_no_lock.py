# says: Between the look whether one is open and the moment when it is
class Connections:
    def __init__(self, open):
        self.open, self.connection = open, None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        if self.connection is not None:
            await self.connection.close()

    async def get(self):
        if self.connection is None:
            self.connection = await self.open()
        return self.connection
