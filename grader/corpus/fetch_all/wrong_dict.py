# says: returns the values in the order of the keys
import asyncio


async def fetch_all(store, keys):
    values = await asyncio.gather(*[store.get(key) for key in keys])
    return dict(zip(keys, values, strict=True))
