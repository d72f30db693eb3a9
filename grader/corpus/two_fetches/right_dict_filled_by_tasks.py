import asyncio


async def two_fetches(store):
    values = {}

    async def fetch(key):
        values[key] = await store.get(key)

    await asyncio.gather(fetch("humidity"), fetch("temperature"))
    return values["temperature"], values["humidity"]
