# says: takes as long as the slowest fetch: it took
import asyncio


async def fetch_all(store, keys):
    values = await asyncio.gather(*[store.get(key) for key in keys])
    await asyncio.sleep(0.1)  # to be sure that all have arrived
    return values
