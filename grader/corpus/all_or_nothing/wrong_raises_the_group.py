# says: A TaskGroup raises an ExceptionGroup
import asyncio


async def all_or_nothing(upload, parts, abort):
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(upload(part)) for part in parts]
    except BaseException:
        await abort()
        raise
    return [task.result() for task in tasks]
