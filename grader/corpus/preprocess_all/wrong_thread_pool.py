# says: Threads share one GIL
import asyncio
from concurrent.futures import ThreadPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(cores) as pool:
        return await asyncio.gather(*[loop.run_in_executor(pool, preprocess, image) for image in images])
