# says: Each fetch waits for the one before it
async def fetch_as_ready(store, keys):
    for key in keys:
        yield key, await store.get(key)
