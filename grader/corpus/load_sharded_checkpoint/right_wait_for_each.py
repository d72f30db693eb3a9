import asyncio


async def load_sharded_checkpoint(store):
    names = (await store.get("manifest"))["shards"]
    shards, state = {}, None
    pending = {asyncio.create_task(store.get(name), name=name) for name in names}
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            value = task.result()
            if task.get_name() == "state":
                state = value
            else:
                shards[task.get_name()] = value
                if "optimizer" in value:
                    pending.add(asyncio.create_task(store.get(value["optimizer"]), name="state"))
    return {"shards": [shards[name] for name in names], "optimizer": state}
