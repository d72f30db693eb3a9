import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    pool = ProcessPoolExecutor(cores)
    try:
        futures = [asyncio.wrap_future(pool.submit(preprocess, image)) for image in images]
        return [await future for future in futures]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
