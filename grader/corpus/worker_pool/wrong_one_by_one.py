# says: begins the next call when one ends
async def worker_pool(items, handle, workers):
    return [await handle(item) async for item in items]
