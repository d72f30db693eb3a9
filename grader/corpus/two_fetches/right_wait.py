import asyncio


async def two_fetches(store):
    tasks = [asyncio.create_task(store.get(key)) for key in ("temperature", "humidity")]
    await asyncio.wait(tasks)
    return tuple(task.result() for task in tasks)
