import asyncio
import multiprocessing


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    loop, left = asyncio.get_running_loop(), list(reversed(paths))

    async def in_a_process(pool, data):
        answer = loop.create_future()
        pool.apply_async(
            transform,
            (data,),
            callback=lambda value: loop.call_soon_threadsafe(answer.set_result, value),
            error_callback=lambda error: loop.call_soon_threadsafe(answer.set_exception, error),
        )
        return await answer

    async def work(pool):
        while left:
            data = await store.get(left.pop())
            await sink.put(await in_a_process(pool, data))

    with multiprocessing.Pool(cores) as pool:
        workers = [asyncio.ensure_future(work(pool)) for _ in range(limit)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
