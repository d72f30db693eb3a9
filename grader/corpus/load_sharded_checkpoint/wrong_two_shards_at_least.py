# says: loads a checkpoint of one shard
import asyncio


async def load_sharded_checkpoint(store):
    first, *names = (await store.get("manifest"))["shards"]
    others = [asyncio.create_task(store.get(name)) for name in names]
    shard = await store.get(first)
    optimizer = await store.get(shard["optimizer"])
    await asyncio.wait(others)
    return {"shards": [shard, *[task.result() for task in others]], "optimizer": optimizer}
