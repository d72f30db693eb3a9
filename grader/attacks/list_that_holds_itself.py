# tries: returns a list that holds itself, and a dict as deep as the stack
# points: 0 6 0
# says: levels deep
# answered by: src/asynclab/link.py

# %% answer fetch_all
async def fetch_all(store, keys):
    endless = []
    endless.append(endless)
    return endless
