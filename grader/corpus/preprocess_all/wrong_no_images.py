# says: returns an empty list when there are no images
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(min(cores, len(images))) as pool:
        return await asyncio.gather(*[loop.run_in_executor(pool, preprocess, image) for image in images])
