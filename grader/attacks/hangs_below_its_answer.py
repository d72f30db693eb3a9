# tries: gives a right answer, and then waits for ever in the same cell
# points: 0 6 0
# says: Stopped: fetch_all, 0 of 4 points
# remark: (fetch_all): This cell was stopped: it was still running after 2 s
# answered by: grader/judge.py

# %% answer fetch_all
async def fetch_all(store, keys):
    return await asyncio.gather(*[store.get(key) for key in keys])


await asyncio.sleep(3600)
