# says: The second call starts when the first one has answered
import asyncio


async def two_fetches(store):
    async with asyncio.TaskGroup() as group:
        temperature = group.create_task(store.get("temperature"))
    async with asyncio.TaskGroup() as group:
        humidity = group.create_task(store.get("humidity"))
    return temperature.result(), humidity.result()
