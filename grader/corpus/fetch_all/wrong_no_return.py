# says: is a `return` missing?
import asyncio


async def fetch_all(store, keys):
    await asyncio.gather(*[store.get(key) for key in keys])
