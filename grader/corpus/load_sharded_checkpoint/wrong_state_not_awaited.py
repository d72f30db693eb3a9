# says: Tasks were started and not waited for
import asyncio


async def load_sharded_checkpoint(store):
    names = (await store.get("manifest"))["shards"]
    tasks = [asyncio.create_task(store.get(name)) for name in names]
    state = asyncio.create_task(store.get((await tasks[0])["optimizer"]))
    return {"shards": await asyncio.gather(*tasks), "optimizer": state}
