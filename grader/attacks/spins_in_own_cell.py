# tries: computes for ever in a cell
# points: 0 6 0
# says: This cell was stopped: it
# remark: This cell was stopped: it
# answered by: grader/sandbox.py

# %% own above fetch_all
while True:
    pass
