import asyncio
from concurrent.futures import ProcessPoolExecutor


async def hybrid_pipeline(paths, store, transform, sink, *, limit, cores):
    """A semaphore counts what is loaded and not saved; queues connect three stages of workers."""
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(limit)
    loaded, transformed = asyncio.Queue(), asyncio.Queue()
    source = iter(paths)
    left = len(paths)

    async def load():
        while True:
            await room.acquire()
            path = next(source, None)
            if path is None:
                room.release()
                return
            await loaded.put(await store.get(path))

    async def compute(pool):
        while True:
            data = await loaded.get()
            await transformed.put(await loop.run_in_executor(pool, transform, data))

    async def save():
        nonlocal left
        while True:
            await sink.put(await transformed.get())
            room.release()
            left -= 1
            if not left:
                all_saved.set_result(None)

    all_saved = loop.create_future()
    with ProcessPoolExecutor(cores) as pool:
        tasks = [asyncio.create_task(load()) for _ in range(limit)]
        tasks += [asyncio.create_task(compute(pool)) for _ in range(cores)]
        tasks += [asyncio.create_task(save()) for _ in range(limit)]
        try:
            waiting = {all_saved, *tasks}
            while not all_saved.done():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
