# says: asks for the optimizer's state as soon as the first shard is there: it was asked for at
import asyncio


async def load_sharded_checkpoint(store):
    manifest = await store.get("manifest")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.get(name)) for name in manifest["shards"]]
    shards = [task.result() for task in tasks]
    return {"shards": shards, "optimizer": await store.get(shards[0]["optimizer"])}
