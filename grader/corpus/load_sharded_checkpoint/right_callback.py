import asyncio


async def load_sharded_checkpoint(store):
    names = (await store.get("manifest"))["shards"]
    started = []

    def ask_for_state(task):
        started.append(asyncio.ensure_future(store.get(task.result()["optimizer"])))

    tasks = [asyncio.ensure_future(store.get(name)) for name in names]
    tasks[0].add_done_callback(ask_for_state)
    shards = await asyncio.gather(*tasks)
    while not started:
        await asyncio.sleep(0)
    return {"shards": shards, "optimizer": await started[0]}
