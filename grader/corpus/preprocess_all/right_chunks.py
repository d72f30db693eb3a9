import asyncio
from concurrent.futures import ProcessPoolExecutor


def preprocess_chunk(preprocess, chunk):
    return [preprocess(image) for image in chunk]


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    size = -(-len(images) // cores) or 1
    chunks = [images[start : start + size] for start in range(0, len(images), size)]
    with ProcessPoolExecutor(cores) as pool:
        done = await asyncio.gather(
            *[loop.run_in_executor(pool, preprocess_chunk, preprocess, chunk) for chunk in chunks]
        )
    return [result for results in done for result in results]
