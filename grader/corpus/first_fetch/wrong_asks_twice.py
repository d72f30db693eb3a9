# says: asks the station once
async def first_fetch(store):
    await store.get("temperature")
    return await store.get("temperature")
