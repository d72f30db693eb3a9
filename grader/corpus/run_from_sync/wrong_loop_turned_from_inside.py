# says: so does `nest_asyncio`
import asyncio


def run_from_sync(make_coro):
    loop = asyncio.get_running_loop()
    me, task = asyncio.current_task(), loop.create_task(make_coro())
    asyncio.tasks._leave_task(loop, me)
    try:
        while not task.done():
            loop._run_once()
    finally:
        asyncio.tasks._enter_task(loop, me)
    return task.result()
