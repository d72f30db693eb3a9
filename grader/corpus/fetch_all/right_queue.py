import asyncio


async def fetch_all(store, keys):
    arrived = asyncio.Queue()

    async def fetch(key):
        await arrived.put((key, await store.get(key)))

    tasks = [asyncio.create_task(fetch(key)) for key in keys]
    values = dict([await arrived.get() for _ in tasks])
    return [values[key] for key in keys]
