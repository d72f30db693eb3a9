# says: begins no further item after an error: 
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

    await asyncio.gather(*[work() for _ in range(limit)])
