# says: is an `await` missing?
import asyncio


async def fetch_as_ready(store, keys):
    tasks = {asyncio.create_task(store.get(key)): key for key in keys}
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            yield tasks[task], task
