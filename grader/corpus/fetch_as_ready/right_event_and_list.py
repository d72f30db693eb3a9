import asyncio


async def fetch_as_ready(store, keys):
    pairs, one_more = [], asyncio.Event()

    async def fetch(key):
        pairs.append((key, await store.get(key)))
        one_more.set()

    tasks = [asyncio.create_task(fetch(key)) for key in keys]
    given = 0
    while given < len(tasks):
        await one_more.wait()
        one_more.clear()
        while given < len(pairs):
            yield pairs[given]
            given += 1
