# says: Items were loaded one at a time
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(cores) as pool:
        for path in paths:
            data = await store.get(path)
            result = await loop.run_in_executor(pool, transform, data)
            await sink.put(result)
