import asyncio


async def fetch_as_ready(store, keys):
    key_of = {asyncio.create_task(store.get(key)): key for key in keys}
    pending = set(key_of)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            yield key_of[task], task.result()
