import asyncio


async def with_deadline(calls, seconds):
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    names = {asyncio.ensure_future(call()): name for name, call in calls.items()}
    pending, done, failed = set(names), {}, {}
    try:
        while pending and loop.time() < ends:
            over, pending = await asyncio.wait(
                pending, timeout=ends - loop.time(), return_when=asyncio.FIRST_COMPLETED
            )
            for task in over:
                if task.exception():
                    failed[names[task]] = task.exception()
                else:
                    done[names[task]] = task.result()
    finally:
        [task.cancel() for task in names]
        await asyncio.gather(*names, return_exceptions=True)
    late = [name for task, name in names.items() if task in pending]
    return {"done": done, "failed": failed, "late": late}
