# says: The list holds coroutine objects
async def fetch_all(store, keys):
    return [store.get(key) for key in keys]
