# says: the right values in another order
import asyncio


async def two_fetches(store):
    humidity, temperature = await asyncio.gather(store.get("humidity"), store.get("temperature"))
    return humidity, temperature
