# says: opens once, however many ask meanwhile
class Connections:
    def __init__(self, open):
        self.open, self.connection, self.spare = open, None, []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        for connection in self.spare:
            await connection.close()

    async def get(self):
        if self.connection is None:
            connection = await self.open()
            self.spare.append(connection)
            self.connection = self.connection or connection
        return self.connection
