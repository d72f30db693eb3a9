# says: asyncio.run() cannot be called from a running event loop
import asyncio


async def first_fetch(store):
    return asyncio.run(store.get("temperature"))
