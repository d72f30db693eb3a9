import asyncio


async def fetch_all(store, keys):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.get(key)) for key in keys]
    return [task.result() for task in tasks]
