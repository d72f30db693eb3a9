# says: One failure ended everything
import asyncio


async def gather_partial(calls):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call()) for call in calls]
    return {n: task.result() for n, task in enumerate(tasks)}, {}
