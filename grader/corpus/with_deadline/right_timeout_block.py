import asyncio


async def with_deadline(calls, seconds):
    tasks = {name: asyncio.ensure_future(call()) for name, call in calls.items()}
    done, failed = {}, {}
    try:
        async with asyncio.timeout(seconds):
            await asyncio.gather(*tasks.values(), return_exceptions=True)
    except TimeoutError:
        pass
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    for name, task in tasks.items():
        if not task.cancelled():
            (failed if task.exception() else done)[name] = task.exception() or task.result()
    late = [name for name, task in tasks.items() if task.cancelled()]
    return {"done": done, "failed": failed, "late": late}
