# says: The value was printed, not returned
async def first_fetch(store):
    print(await store.get("temperature"))
