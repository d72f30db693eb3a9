import asyncio


class Connections:
    def __init__(self, open):
        self.opened, self.one_at_a_time = [], asyncio.Semaphore(1)
        self.open = open

    async def __aenter__(self):
        return self

    async def get(self):
        async with self.one_at_a_time:
            if len(self.opened) == 0:
                self.opened.append(await self.open())
        return self.opened[0]

    async def __aexit__(self, kind, error, traceback):
        while self.opened:
            await self.opened.pop().close()
        return False
