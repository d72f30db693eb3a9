# says: Not all cores had work all the time
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1) as pool:
        return await asyncio.gather(*[loop.run_in_executor(pool, preprocess, image) for image in images])
