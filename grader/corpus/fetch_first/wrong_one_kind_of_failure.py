# says: its error ended everything although another replica answers
import asyncio


async def fetch_first(replicas, key):
    ts = [asyncio.create_task(r.get(key)) for r in replicas]
    last = None
    try:
        for f in asyncio.as_completed(ts):
            try:
                return await f
            except ConnectionError as e:
                last = e
        raise last
    finally:
        for t in ts:
            t.cancel()
        await asyncio.gather(*ts, return_exceptions=True)
