# says: Everything was loaded before the first result was saved
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop = asyncio.get_running_loop()
    loaded = await asyncio.gather(*[store.get(path) for path in paths])
    with ProcessPoolExecutor(cores) as pool:
        results = await asyncio.gather(*[loop.run_in_executor(pool, transform, data) for data in loaded])
    await asyncio.gather(*map(sink.put, results))
