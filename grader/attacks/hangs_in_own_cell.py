# tries: waits for ever in a cell: nbgrader then has no mark for the whole notebook
# points: 0 6 0
# says: This cell was stopped: it took too long in real time. The other cells were run without it.
# remark: it took too long in real time
# answered by: grader/notebook_player.py

# %% own above fetch_all
await asyncio.Event().wait()
