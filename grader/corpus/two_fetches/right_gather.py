import asyncio


async def two_fetches(store):
    temperature, humidity = await asyncio.gather(store.get("temperature"), store.get("humidity"))
    return temperature, humidity
