import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor


@functools.cache
def pool():
    return ThreadPoolExecutor(2)


async def infer(model, batch):
    return await asyncio.wrap_future(pool().submit(model, batch))
