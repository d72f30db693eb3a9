# says: Only the values were yielded
import asyncio


async def fetch_as_ready(store, keys):
    for value in asyncio.as_completed([store.get(key) for key in keys]):
        yield await value
