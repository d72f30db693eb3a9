# says: All the answers were collected before the first `yield`
import asyncio


async def fetch_as_ready(store, keys):
    pairs = []

    async def fetch(key):
        pairs.append((key, await store.get(key)))

    await asyncio.gather(*[fetch(key) for key in keys])
    for pair in pairs:
        yield pair
