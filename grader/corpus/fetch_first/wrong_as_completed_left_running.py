# says: The losers are still running when you return
import asyncio


async def fetch_first(replicas, key):
    for answer in asyncio.as_completed([replica.get(key) for replica in replicas]):
        try:
            return await answer
        except Exception as error:
            last = error
    raise last
