import asyncio


async def two_fetches(store):
    return await asyncio.gather(store.get("temperature"), store.get("humidity"))
