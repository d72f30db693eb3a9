# says: The second call starts when the first one has answered
import asyncio


async def two_fetches(store):
    temperature = await asyncio.create_task(store.get("temperature"))
    humidity = await asyncio.create_task(store.get("humidity"))
    return temperature, humidity
