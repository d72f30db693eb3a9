# says: A pool was made more than once
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()

    async def one(image):
        with ProcessPoolExecutor(1) as pool:
            return await loop.run_in_executor(pool, preprocess, image)

    return await asyncio.gather(*[one(image) for image in images])
