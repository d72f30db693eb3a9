import asyncio


class Fetches:
    def __init__(self, store, keys):
        self.store = store
        self.values = dict.fromkeys(keys)

    async def fetch(self, key):
        self.values[key] = await self.store.get(key)

    async def run(self):
        await asyncio.gather(*map(self.fetch, self.values))
        return list(self.values.values())


async def fetch_all(store, keys):
    return await Fetches(store, keys).run()
