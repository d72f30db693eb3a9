# says: One call was in flight at a time
async def bounded_map(func, items, limit):
    return [await func(item) for item in items]
