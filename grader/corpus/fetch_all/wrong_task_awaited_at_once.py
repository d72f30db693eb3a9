# says: saw 1 at most
import asyncio


async def fetch_all(store, keys):
    return [await asyncio.create_task(store.get(key)) for key in keys]
