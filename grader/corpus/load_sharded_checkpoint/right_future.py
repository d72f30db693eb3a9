import asyncio


async def load_sharded_checkpoint(store):
    name_of_state = asyncio.get_running_loop().create_future()

    async def shard(index, name):
        value = await store.get(name)
        if index == 0:
            name_of_state.set_result(value["optimizer"])
        return value

    async def state():
        return await store.get(await name_of_state)

    names = (await store.get("manifest"))["shards"]
    optimizer, *shards = await asyncio.gather(state(), *(shard(i, n) for i, n in enumerate(names)))
    return {"shards": shards, "optimizer": optimizer}
