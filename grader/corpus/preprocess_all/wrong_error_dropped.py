# says: One image could not be preprocessed, and the caller was not told so.
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(cores) as pool:
        jobs = [loop.run_in_executor(pool, preprocess, image) for image in images]
        return await asyncio.gather(*jobs, return_exceptions=True)
