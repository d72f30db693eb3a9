# tries: makes calls without end, all in flight at once, for the judge to keep
# points: 0 6 0
# says: Stopped: fetch_all, 0 of 4 points
# answered by: src/asynclab/world.py

# %% answer fetch_all
async def fetch_all(store, keys):
    await asyncio.gather(*[store.get(keys[0]) for _ in range(150_000)])
