# tries: overflows the stack
# points: 0 6 0
# says: RecursionError
# answered by: src/asynclab/runner.py

# %% answer fetch_all
async def fetch_all(store, keys):
    return await fetch_all(store, keys)
