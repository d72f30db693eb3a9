# says: not all asked at once
import asyncio


async def fetch_first(replicas, key):
    ts = set()
    last = None
    it = iter(replicas)
    for r in it:
        ts.add(asyncio.create_task(r.get(key)))
        done, ts = await asyncio.wait(ts, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
        for t in done:
            if not t.exception():
                for p in ts:
                    p.cancel()
                await asyncio.gather(*ts, return_exceptions=True)
                return t.result()
            last = t.exception()
    while ts:
        done, ts = await asyncio.wait(ts, return_when=asyncio.FIRST_COMPLETED)
        for t in done:
            if not t.exception():
                for p in ts:
                    p.cancel()
                await asyncio.gather(*ts, return_exceptions=True)
                return t.result()
            last = t.exception()
    raise last
