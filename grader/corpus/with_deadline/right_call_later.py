import asyncio


async def with_deadline(calls, seconds):
    loop = asyncio.get_running_loop()
    tasks = {name: loop.create_task(call()) for name, call in calls.items()}

    def stop():
        for task in tasks.values():
            task.cancel()

    timer = loop.call_later(seconds, stop)
    try:
        results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    finally:
        timer.cancel()
    pairs = list(zip(tasks, results, strict=True))
    return {
        "done": {name: result for name, result in pairs if not isinstance(result, BaseException)},
        "failed": {name: result for name, result in pairs if isinstance(result, Exception)},
        "late": [name for name, result in pairs if isinstance(result, asyncio.CancelledError)],
    }
