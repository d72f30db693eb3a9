import asyncio


async def first_fetch(store):
    return await asyncio.create_task(store.get("temperature"), name="temperature")
