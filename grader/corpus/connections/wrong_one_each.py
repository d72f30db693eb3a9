# says: Each has a connection of its own
class Connections:
    def __init__(self, open):
        self.open, self.all = open, []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        for connection in self.all:
            await connection.close()

    async def get(self):
        self.all.append(await self.open())
        return self.all[-1]
