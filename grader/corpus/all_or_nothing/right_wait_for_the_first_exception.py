import asyncio


async def all_or_nothing(upload, parts, abort):
    tasks = [asyncio.create_task(upload(part)) for part in parts]
    if not tasks:
        return []
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        return [task.result() for task in tasks]
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await abort()
        raise
