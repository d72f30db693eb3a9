# says: returns what the station answered
import asyncio


async def first_fetch(store):
    return await asyncio.gather(store.get("temperature"))
