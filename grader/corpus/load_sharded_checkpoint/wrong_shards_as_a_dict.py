# says: for the key 'shards'
import asyncio


async def load_sharded_checkpoint(store):
    names = (await store.get("manifest"))["shards"]
    tasks = {name: asyncio.create_task(store.get(name)) for name in names}
    state = await store.get((await tasks[names[0]])["optimizer"])
    return {"shards": {name: await task for name, task in tasks.items()}, "optimizer": state}
