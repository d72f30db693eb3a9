# says: do not come out even
import asyncio
from concurrent.futures import ProcessPoolExecutor


def some(f, xs):
    return [f(x) for x in xs]


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()
    n = max(1, len(images) // cores)
    with ProcessPoolExecutor(cores) as pool:
        parts = await asyncio.gather(
            *[loop.run_in_executor(pool, some, preprocess, images[i * n : (i + 1) * n]) for i in range(cores)]
        )
    return [x for p in parts for x in p]
