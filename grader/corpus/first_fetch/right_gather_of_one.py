import asyncio


async def first_fetch(store):
    (temperature,) = await asyncio.gather(store.get("temperature"))
    return temperature
