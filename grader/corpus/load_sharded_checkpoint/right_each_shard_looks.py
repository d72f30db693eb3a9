import asyncio


async def load_sharded_checkpoint(store):
    result = {"shards": None, "optimizer": None}

    async def load(name):
        shard = await store.get(name)
        if "optimizer" in shard:
            result["optimizer"] = await store.get(shard["optimizer"])
        return shard

    manifest = await store.get("manifest")
    result["shards"] = await asyncio.gather(*map(load, manifest["shards"]))
    return result
