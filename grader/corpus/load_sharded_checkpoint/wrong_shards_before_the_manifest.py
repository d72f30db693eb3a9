# says: A name was asked for, or a key read, that is not there
import asyncio


async def load_sharded_checkpoint(store):
    manifest, first = await asyncio.gather(store.get("manifest"), store.get("shard-0"))
    others = await asyncio.gather(*[store.get(name) for name in manifest["shards"][1:]])
    return {"shards": [first, *others], "optimizer": await store.get(first["optimizer"])}
