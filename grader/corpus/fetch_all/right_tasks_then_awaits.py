import asyncio


async def fetch_all(store, keys):
    tasks = [asyncio.create_task(store.get(key)) for key in keys]
    return [await task for task in tasks]
