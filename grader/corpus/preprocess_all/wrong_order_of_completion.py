# says: right values in another order
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(cores) as pool:
        jobs = [loop.run_in_executor(pool, preprocess, image) for image in images]
        done = [await job for job in asyncio.as_completed(jobs)]
        return done[1:] + done[:1]
