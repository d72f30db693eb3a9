import asyncio
import multiprocessing


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    if not images:
        return []
    with multiprocessing.Pool(cores) as pool:
        pool.map_async(
            preprocess,
            images,
            callback=lambda results: loop.call_soon_threadsafe(answer.set_result, results),
            error_callback=lambda error: loop.call_soon_threadsafe(answer.set_exception, error),
        )
        return await answer
