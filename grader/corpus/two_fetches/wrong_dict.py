# says: returns both values, the temperature first
import asyncio


async def two_fetches(store):
    temperature, humidity = await asyncio.gather(store.get("temperature"), store.get("humidity"))
    return {"temperature": temperature, "humidity": humidity}
