# says: raised InvalidStateError
import asyncio


def run_from_sync(make_coro):
    return asyncio.ensure_future(make_coro()).result()
