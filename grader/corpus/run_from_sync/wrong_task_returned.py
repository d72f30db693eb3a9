# says: What you returned has not run yet
import asyncio


def run_from_sync(make_coro):
    return asyncio.get_running_loop().create_task(make_coro())
