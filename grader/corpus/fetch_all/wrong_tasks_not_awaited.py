# says: is an `await` missing?
import asyncio


async def fetch_all(store, keys):
    return [asyncio.create_task(store.get(key)) for key in keys]
