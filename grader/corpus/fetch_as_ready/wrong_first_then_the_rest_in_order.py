# says: yields each pair as soon as its answer is there: an item
import asyncio


async def fetch_as_ready(store, keys):
    ready = asyncio.Queue()

    async def fetch(key):
        ready.put_nowait((key, await store.get(key)))

    tasks = [asyncio.create_task(fetch(key)) for key in keys]
    yield await ready.get()
    await asyncio.gather(*tasks)
    while not ready.empty():
        yield ready.get_nowait()
