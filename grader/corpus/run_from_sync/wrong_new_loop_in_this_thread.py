# says: The loop of this thread is running already
import asyncio


def run_from_sync(make_coro):
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(make_coro())
    finally:
        loop.close()
