import asyncio


async def fetch_as_ready(store, keys):
    ready = asyncio.Queue()
    tasks = []
    for key in keys:
        task = asyncio.create_task(store.get(key))
        task.add_done_callback(lambda task, key=key: ready.put_nowait((key, task)))
        tasks.append(task)
    for _ in tasks:
        key, task = await ready.get()
        yield key, task.result()
