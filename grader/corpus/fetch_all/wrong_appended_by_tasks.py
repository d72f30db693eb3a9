# says: in the order in which they arrived
import asyncio


async def fetch_all(store, keys):
    values = []

    async def fetch(key):
        values.append(await store.get(key))

    await asyncio.gather(*[fetch(key) for key in keys])
    return values
