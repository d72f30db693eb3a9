# says: in the order in which they arrived
import asyncio


async def load_sharded_checkpoint(store):
    result = {"shards": []}

    async def load(name):
        shard = await store.get(name)
        result["shards"].append(shard)
        if "optimizer" in shard:
            result["optimizer"] = await store.get(shard["optimizer"])

    manifest = await store.get("manifest")
    await asyncio.gather(*map(load, manifest["shards"]))
    return result
