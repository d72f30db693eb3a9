import asyncio


async def with_deadline(calls, seconds):
    done, failed = {}, {}

    async def one(name, call):
        try:
            done[name] = await call()
        except Exception as error:
            failed[name] = error

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for name, call in calls.items():
                group.create_task(one(name, call))
    except TimeoutError:
        pass
    late = [name for name in calls if name not in done and name not in failed]
    return {"done": done, "failed": failed, "late": late}
