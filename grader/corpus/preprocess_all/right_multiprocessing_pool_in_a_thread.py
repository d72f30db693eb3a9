import asyncio
import multiprocessing


async def preprocess_all(images, preprocess, cores):
    if not images:
        return []
    with multiprocessing.Pool(cores) as pool:
        return await asyncio.to_thread(pool.map, preprocess, images)
