import asyncio


async def fetch_all(store, keys):
    tasks = [asyncio.create_task(store.get(key)) for key in keys]
    await asyncio.wait(tasks)
    return [task.result() for task in tasks]
