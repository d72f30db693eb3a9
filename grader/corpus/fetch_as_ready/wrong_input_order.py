# says: in the order of the keys
import asyncio


async def fetch_as_ready(store, keys):
    tasks = [asyncio.create_task(store.get(key)) for key in keys]
    for key, task in zip(keys, tasks, strict=True):
        yield key, await task
