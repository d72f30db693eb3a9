# tries: waits in its function for what never comes
# points: 0 6 0
# says: Event.wait
# answered by: src/asynclab/world.py

# %% answer fetch_all
async def fetch_all(store, keys):
    await asyncio.Event().wait()
