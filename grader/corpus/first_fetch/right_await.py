async def first_fetch(store):
    return await store.get("temperature")
