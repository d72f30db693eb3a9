# says: so nobody can wake what waits
# verdict: stopped
import asyncio


def run_from_sync(make_coro):
    loop = asyncio.get_running_loop()
    return asyncio.run_coroutine_threadsafe(make_coro(), loop).result()
