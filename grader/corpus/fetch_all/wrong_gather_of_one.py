# says: Each fetch waits for the one before it
import asyncio


async def fetch_all(store, keys):
    values = []
    for key in keys:
        values += await asyncio.gather(store.get(key))
    return values
