# says: takes as long as the longest chain of calls that need each other: it took
import asyncio


async def load_sharded_checkpoint(store):
    names = (await store.get("manifest"))["shards"]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.get(name)) for name in names]
        optimizer = await store.get((await tasks[0])["optimizer"])
    await asyncio.sleep(0.1)
    return {"shards": [task.result() for task in tasks], "optimizer": optimizer}
