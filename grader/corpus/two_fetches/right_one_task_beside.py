import asyncio


async def two_fetches(store):
    humidity = asyncio.create_task(store.get("humidity"))
    await asyncio.sleep(0)  # lets the task start
    return await store.get("temperature"), await humidity
