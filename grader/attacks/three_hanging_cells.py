# tries: hangs in three cells, and in the cells of both answers
# points: 0 6 0
# says: This cell was stopped: it was still running after 2 s
# remark: it was still running after 2 s
# answered by: grader/notebook_player.py

# %% own above fetch_all
await asyncio.sleep(3600)
# %% own above fetch_all
import time

time.sleep(3600)
# %% own above fetch_all
import threading

threading.Event().wait()
