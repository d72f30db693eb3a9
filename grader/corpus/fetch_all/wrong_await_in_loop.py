# says: Each fetch waits for the one before it
async def fetch_all(store, keys):
    values = []
    for key in keys:
        values.append(await store.get(key))
    return values
