import asyncio


async def fetch_as_ready(store, keys):
    ready = asyncio.Queue()

    async def fetch(key):
        ready.put_nowait((key, await store.get(key)))

    tasks = [asyncio.create_task(fetch(key)) for key in keys]
    for _ in tasks:
        yield await ready.get()
