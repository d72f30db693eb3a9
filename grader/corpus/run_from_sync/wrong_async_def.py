# says: returned a coroutine
import asyncio


async def run_from_sync(make_coro):
    return await make_coro()
