# says: You waited for all the answers
import asyncio


async def fetch_first(replicas, key):
    answers = await asyncio.gather(*[replica.get(key) for replica in replicas], return_exceptions=True)
    for answer in answers:
        if not isinstance(answer, Exception):
            return answer
    raise answers[-1]
