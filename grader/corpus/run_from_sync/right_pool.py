import asyncio
from concurrent.futures import ThreadPoolExecutor


def run_from_sync(make_coro):
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, make_coro()).result()
