import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    running = set()
    pool = ProcessPoolExecutor(max_workers=cores)
    try:
        for path in paths:
            while len(running) >= limit:
                await at_least_one(running)
            running.add(asyncio.create_task(one(path, store, transform, sink, pool)))
        while running:
            await at_least_one(running)
    except BaseException:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    finally:
        pool.shutdown(wait=False)


async def at_least_one(running):
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    running -= done
    for task in done:
        task.result()


async def one(path, store, transform, sink, pool):
    data = await store.get(path)
    result = await asyncio.wrap_future(pool.submit(transform, data))
    await sink.put(result)
