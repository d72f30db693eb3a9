# says: TypeError
import asyncio


async def fetch_all(store, keys):
    return await asyncio.gather([store.get(key) for key in keys])
