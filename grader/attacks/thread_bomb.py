# tries: starts threads without end
# points: 0 6 0
# says: fetch_all, 0 of 4 points
# answered by: grader/lockdown.py, src/asynclab/threads.py

# %% answer fetch_all
import threading


async def fetch_all(store, keys):
    wait = threading.Event()
    while True:
        threading.Thread(target=wait.wait, daemon=True).start()
