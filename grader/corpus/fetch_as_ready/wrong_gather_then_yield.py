# says: All the answers were collected before the first `yield`
import asyncio


async def fetch_as_ready(store, keys):
    values = await asyncio.gather(*[store.get(key) for key in keys])
    for key, value in zip(keys, values, strict=True):
        yield key, value
