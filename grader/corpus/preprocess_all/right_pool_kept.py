import asyncio
from concurrent.futures import ProcessPoolExecutor

pools = {}


async def preprocess_all(images, preprocess, cores):
    if cores not in pools:
        pools[cores] = ProcessPoolExecutor(cores)
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*[loop.run_in_executor(pools[cores], preprocess, each) for each in images])
