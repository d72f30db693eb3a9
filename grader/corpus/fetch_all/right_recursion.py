import asyncio


async def fetch_all(store, keys):
    if len(keys) == 1:
        return [await store.get(keys[0])]
    half = len(keys) // 2
    left, right = await asyncio.gather(fetch_all(store, keys[:half]), fetch_all(store, keys[half:]))
    return left + right
