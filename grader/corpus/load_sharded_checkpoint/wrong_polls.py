# says: asks for the optimizer's state as soon as the first shard is there: it was asked for at
import asyncio


async def load_sharded_checkpoint(store):
    names = (await store.get("manifest"))["shards"]
    tasks = [asyncio.create_task(store.get(name)) for name in names]
    while not tasks[0].done():
        await asyncio.sleep(0.03)
    optimizer = await store.get(tasks[0].result()["optimizer"])
    return {"shards": await asyncio.gather(*tasks), "optimizer": optimizer}
