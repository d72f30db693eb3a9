# tries: computes for ever in a coroutine, where nbgrader's interrupt does not reach it
# points: 0 6 0
# says: It computed for 1 s without coming to an end
# answered by: src/asynclab/runner.py

# %% answer fetch_all
async def fetch_all(store, keys):
    while True:
        pass
