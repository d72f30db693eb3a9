import asyncio


async def fetch_as_ready(store, keys):
    async def with_key(key):
        return key, await store.get(key)

    for pair in asyncio.as_completed([with_key(key) for key in keys]):
        yield await pair
