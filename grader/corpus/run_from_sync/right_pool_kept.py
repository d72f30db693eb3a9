import asyncio
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)


def run_from_sync(make_coro):
    return pool.submit(lambda: asyncio.run(make_coro())).result()
