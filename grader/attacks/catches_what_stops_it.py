# tries: catches whatever is raised to stop it, and goes on
# points: 0 6 0
# says: Stopped: fetch_all, 0 of 4 points
# answered by: grader/wire_player.py

# %% answer fetch_all
async def fetch_all(store, keys):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
