# says: a function made inside a function, or a lambda, cannot be sent
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(cores) as pool:
        jobs = [loop.run_in_executor(pool, lambda image=image: preprocess(image)) for image in images]
        return await asyncio.gather(*jobs)
