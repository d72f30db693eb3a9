# says: in the order in which they arrived
import asyncio


async def fetch_all(store, keys):
    return [await fetch for fetch in asyncio.as_completed([store.get(key) for key in keys])]
