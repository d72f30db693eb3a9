# says: in batches, or with a limit
import asyncio


async def fetch_all(store, keys):
    out = []
    for i in range(0, len(keys), 10):
        out += await asyncio.gather(*[store.get(k) for k in keys[i : i + 10]])
    return out
