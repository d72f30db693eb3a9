# says: leaves no load and no save in flight after an error
import asyncio
from concurrent.futures import ProcessPoolExecutor

pools = {}


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop, left = asyncio.get_running_loop(), iter(paths)
    pool = pools.setdefault(cores, ProcessPoolExecutor(cores))

    async def work():
        for path in left:
            data = await store.get(path)
            await sink.put(await loop.run_in_executor(pool, transform, data))

    workers = [asyncio.create_task(work()) for _ in range(limit)]
    try:
        await asyncio.gather(*workers)
    except Exception:
        for worker in workers:
            worker.cancel()
        raise
