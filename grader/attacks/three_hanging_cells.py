# tries: hangs in three cells, and in the cells of both answers
# points: 0 6 0
# says: This cell was stopped: it took too long in real time
# remark: it took too long in real time
# answered by: grader/notebook_player.py

# %% own above fetch_all
await asyncio.sleep(3600)
# %% own above fetch_all
import time

time.sleep(3600)
# %% own above fetch_all
import threading

threading.Event().wait()
