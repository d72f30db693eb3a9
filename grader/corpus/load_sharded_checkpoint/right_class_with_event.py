import asyncio


class Loader:
    def __init__(self, store):
        self.store, self.first_is_there, self.shards = store, asyncio.Event(), {}

    async def shard(self, name):
        self.shards[name] = await self.store.get(name)
        if "optimizer" in self.shards[name]:
            self.first_is_there.set()

    async def load(self):
        names = (await self.store.get("manifest"))["shards"]
        others = asyncio.gather(*[self.shard(name) for name in names])
        await self.first_is_there.wait()
        optimizer = await self.store.get(self.shards[names[0]]["optimizer"])
        await others
        return {"shards": [self.shards[name] for name in names], "optimizer": optimizer}


def load_sharded_checkpoint(store):
    return Loader(store).load()
