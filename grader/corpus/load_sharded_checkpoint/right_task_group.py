import asyncio


async def load_sharded_checkpoint(store):
    names = (await store.get("manifest"))["shards"]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.get(name)) for name in names]
        optimizer = await store.get((await tasks[0])["optimizer"])
    return {"shards": [task.result() for task in tasks], "optimizer": optimizer}
