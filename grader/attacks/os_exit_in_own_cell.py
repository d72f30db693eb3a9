# tries: ends the process with a success
# points: 0 6 0
# says: This cell was stopped: it ended its own process with exit code 0. The other cells were run without it.
# remark: it ended its own process with exit code 0
# answered by: grader/notebook_player.py

# %% own above fetch_all
import os

os._exit(0)
