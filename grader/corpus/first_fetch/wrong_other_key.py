# says: returns what the station answered
async def first_fetch(store):
    return await store.get("humidity")
