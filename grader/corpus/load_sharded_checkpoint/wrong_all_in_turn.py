# says: Each call waits for the one before it
async def load_sharded_checkpoint(store):
    manifest = await store.get("manifest")
    shards = [await store.get(name) for name in manifest["shards"]]
    return {"shards": shards, "optimizer": await store.get(shards[0]["optimizer"])}
