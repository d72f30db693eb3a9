# says: put `await` in front of the call
async def first_fetch(store):
    return store.get("temperature")
