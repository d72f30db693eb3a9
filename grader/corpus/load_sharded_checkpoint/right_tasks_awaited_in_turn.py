import asyncio


async def load_sharded_checkpoint(store):
    manifest = await store.get("manifest")
    tasks = [asyncio.create_task(store.get(name)) for name in manifest["shards"]]
    first = await tasks[0]
    state = asyncio.create_task(store.get(first["optimizer"]))
    return {"shards": [await task for task in tasks], "optimizer": await state}
