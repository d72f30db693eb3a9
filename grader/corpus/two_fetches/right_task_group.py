import asyncio


async def two_fetches(store):
    async with asyncio.TaskGroup() as group:
        temperature = group.create_task(store.get("temperature"))
        humidity = group.create_task(store.get("humidity"))
    return temperature.result(), humidity.result()
