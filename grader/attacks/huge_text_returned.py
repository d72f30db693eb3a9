# tries: returns a text of a hundred million characters
# points: 0 6 0
# says: more than 250,000 values and characters
# answered by: src/asynclab/link.py

# %% answer fetch_all
async def fetch_all(store, keys):
    return "x" * 100_000_000
