# tries: prints without end while it is examined
# points: 0 6 0
# says: Stopped: fetch_all, 0 of 4 points
# answered by: src/asynclab/capture.py

# %% answer fetch_all
async def fetch_all(store, keys):
    while True:
        print("x" * 100_000)
