# says: makes each call once
import asyncio


async def with_deadline(calls, seconds):
    done, failed = {}, {}

    async def one(name, call):
        try:
            done[name] = await call()
        except Exception:
            try:
                done[name] = await call()
            except Exception as error:
                failed[name] = error

    tasks = [asyncio.ensure_future(one(name, call)) for name, call in calls.items()]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    late = [name for name in calls if name not in done and name not in failed]
    return {"done": done, "failed": failed, "late": late}
