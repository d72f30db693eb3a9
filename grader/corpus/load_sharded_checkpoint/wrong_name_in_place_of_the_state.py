# says: for the key 'optimizer'
import asyncio


async def load_sharded_checkpoint(store):
    manifest = await store.get("manifest")
    shards = await asyncio.gather(*[store.get(name) for name in manifest["shards"]])
    return {"shards": shards, "optimizer": shards[0]["optimizer"]}
