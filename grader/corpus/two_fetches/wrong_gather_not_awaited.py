# says: is an `await` missing?
import asyncio


async def two_fetches(store):
    return asyncio.gather(store.get("temperature"), store.get("humidity"))
