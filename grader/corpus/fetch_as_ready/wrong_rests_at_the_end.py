# says: takes as long as the slowest fetch: it took
import asyncio


async def fetch_as_ready(store, keys):
    async def with_key(key):
        return key, await store.get(key)

    for pair in asyncio.as_completed([with_key(key) for key in keys]):
        yield await pair
    await asyncio.sleep(0.1)  # to be sure that nothing more comes
