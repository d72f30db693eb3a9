# says: Each fetch waits for the one before it
import asyncio


async def fetch_all(store, keys):
    values = []
    for key in keys:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(store.get(key))
        values.append(task.result())
    return values
