import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=context) as pool:
        jobs = [loop.run_in_executor(pool, preprocess, image) for image in images]
        return list(await asyncio.gather(*jobs))
