# tries: waits for ever in a cell: nbgrader then has no mark for the whole notebook
# points: 0 6 0
# says: This cell was stopped: it was still running after 2 s. The other cells were run without it.
# remark: it was still running after 2 s
# answered by: grader/notebook_player.py

# %% own above fetch_all
await asyncio.Event().wait()
