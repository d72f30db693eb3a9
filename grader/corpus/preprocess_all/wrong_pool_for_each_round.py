# says: processes were started
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    results = []
    for start in range(0, len(images), cores):
        with ProcessPoolExecutor(cores) as pool:
            some = images[start : start + cores]
            results += await asyncio.gather(*[loop.run_in_executor(pool, preprocess, image) for image in some])
    return results
