# says: What you returned are coroutine objects
async def two_fetches(store):
    return store.get("temperature"), store.get("humidity")
