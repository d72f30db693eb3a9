# says: The other shards wait for the first one
import asyncio


async def load_sharded_checkpoint(store):
    first, *others = (await store.get("manifest"))["shards"]
    shard = await store.get(first)
    state, *shards = await asyncio.gather(
        store.get(shard["optimizer"]), *[store.get(name) for name in others]
    )
    return {"shards": [shard, *shards], "optimizer": state}
