# says: so nothing was aborted
import asyncio


async def all_or_nothing(upload, parts, abort):
    tasks = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks += [group.create_task(upload(part)) for part in parts]
    except* ConnectionError as errors:
        await abort()
        raise errors.exceptions[0]
    return [task.result() for task in tasks]
