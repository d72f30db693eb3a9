# says: What you returned has not run yet
import asyncio


async def fetch_all(store, keys):
    async def together():
        return await asyncio.gather(*[store.get(key) for key in keys])

    return together()
