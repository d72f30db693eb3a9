# says: yields each key with its value
import asyncio


async def fetch_as_ready(store, keys):
    for key, value in zip(keys, asyncio.as_completed([store.get(key) for key in keys]), strict=True):
        yield key, await value
