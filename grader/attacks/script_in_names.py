# tries: calls its tasks, functions and errors like a script, for the picture and the sentence of the verdict
# points: 0 6 0
# says: fetch_all, 0 of 4 points
# answered by: src/asynclab/verdict_html.py

# %% answer fetch_all
BAD = "</text></svg><script>steal()</script>\" onload='steal()'"


async def fetch_all(store, keys):
    async def one(key):
        await store.get(key)
        raise type(BAD, (ValueError,), {})(BAD)

    one.__name__ = one.__qualname__ = BAD
    tasks = [asyncio.create_task(one(key), name=BAD) for key in keys]
    await asyncio.wait(tasks)
    await asyncio.create_task(store.get(BAD), name=BAD)
