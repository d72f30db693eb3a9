# says: The first answer was there and the other was not yet
import asyncio


async def two_fetches(store):
    t = asyncio.create_task(store.get("temperature"))
    h = asyncio.create_task(store.get("humidity"))
    await asyncio.wait([t, h], return_when=asyncio.FIRST_COMPLETED)
    return t.result(), h.result()
