# says: for the key 'late'
import asyncio


async def with_deadline(calls, seconds):
    names = {asyncio.ensure_future(call()): name for name, call in calls.items()}
    done, failed, late = {}, {}, []
    try:
        if names:
            await asyncio.wait(names, timeout=seconds)
        for task, name in names.items():
            if not task.done():
                late.insert(0, name)
            elif task.exception():
                failed[name] = task.exception()
            else:
                done[name] = task.result()
    finally:
        for task in names:
            task.cancel()
        await asyncio.gather(*names, return_exceptions=True)
    return {"done": done, "failed": failed, "late": late}
