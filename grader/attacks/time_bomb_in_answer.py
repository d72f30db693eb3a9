# tries: ends the process a moment after its function has returned, when another exercise might run in it
# points: 0 6 0
# says: fetch_all, 0 of 4 points
# answered by: grader/zygote.py

# %% answer fetch_all
import os
import threading


async def fetch_all(store, keys):
    threading._start_new_thread(lambda: (os.sched_yield(), os._exit(1)), ())
    return []
