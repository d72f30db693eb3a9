# says: The loop of this thread is running already
import asyncio


def run_from_sync(make_coro):
    return asyncio.get_running_loop().run_until_complete(make_coro())
