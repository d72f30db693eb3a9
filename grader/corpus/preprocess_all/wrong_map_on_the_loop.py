# says: `pool.map` and `.result()` block the thread that asks
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    with ProcessPoolExecutor(cores) as pool:
        return list(pool.map(preprocess, images))
