# says: hand it to the caller with `return`
async def first_fetch(store):
    temperature = await store.get("temperature")
