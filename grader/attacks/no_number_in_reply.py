# tries: sends NaN, infinity and numbers of a thousand digits as values
# points: 0 6 0
# says: nan, which is no number one can compare with
# answered by: src/asynclab/link.py

# %% answer fetch_all
async def fetch_all(store, keys):
    return [float("nan"), float("inf"), 10**1000]
