# says: `asyncio.run` refuses to start a loop in a thread that has one running
import asyncio


def run_from_sync(make_coro):
    return asyncio.run(make_coro())
