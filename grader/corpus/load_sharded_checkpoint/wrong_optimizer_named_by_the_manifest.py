# says: A name was asked for, or a key read, that is not there
import asyncio


async def load_sharded_checkpoint(store):
    manifest = await store.get("manifest")
    shards = [asyncio.create_task(store.get(name)) for name in manifest["shards"]]
    optimizer = await store.get(manifest["optimizer"])
    return {"shards": await asyncio.gather(*shards), "optimizer": optimizer}
