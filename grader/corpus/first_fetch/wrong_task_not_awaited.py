# says: is an `await` missing?
import asyncio


async def first_fetch(store):
    return asyncio.create_task(store.get("temperature"))
