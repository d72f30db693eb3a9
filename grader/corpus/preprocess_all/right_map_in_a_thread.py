import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    def in_processes():
        with ProcessPoolExecutor(cores) as pool:
            return list(pool.map(preprocess, images))

    return await asyncio.to_thread(in_processes)
