# says: of another value
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop = asyncio.get_running_loop()
    it = iter(paths)
    pool = ProcessPoolExecutor(cores)

    async def w():
        for p in it:
            d = await store.get(p)
            await loop.run_in_executor(pool, transform, d)
            await sink.put(d)

    ts = [asyncio.create_task(w()) for _ in range(limit)]
    try:
        await asyncio.gather(*ts)
    finally:
        for t in ts:
            t.cancel()
        await asyncio.gather(*ts, return_exceptions=True)
        pool.shutdown(wait=False)
