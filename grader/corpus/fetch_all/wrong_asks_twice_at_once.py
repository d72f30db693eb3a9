# says: asks for each key once
import asyncio


async def fetch_all(store, keys):
    values = await asyncio.gather(*[store.get(key) for key in [*keys, *keys]])
    return values[: len(keys)]
