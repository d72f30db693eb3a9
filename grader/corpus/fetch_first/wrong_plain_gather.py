# says: You waited for all the answers
import asyncio


async def fetch_first(replicas, key):
    answers = await asyncio.gather(*[replica.get(key) for replica in replicas])
    return answers[0]
