import asyncio


async def two_fetches(store):
    temperature = asyncio.create_task(store.get("temperature"))
    humidity = asyncio.create_task(store.get("humidity"))
    return await temperature, await humidity
