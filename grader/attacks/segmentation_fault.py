# tries: crashes the interpreter
# points: 0 6 0
# says: This cell was stopped: it ended its own process with the signal SIGSEGV
# remark: SIGSEGV
# answered by: grader/notebook_player.py

# %% own above fetch_all
import ctypes

ctypes.string_at(0)
