import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    results = [None] * len(images)
    numbered = iter(enumerate(images))

    async def work(pool):
        for number, image in numbered:
            results[number] = await loop.run_in_executor(pool, preprocess, image)

    with ProcessPoolExecutor(cores) as pool:
        await asyncio.gather(*[work(pool) for _ in range(cores)])
    return results
