# tries: computes for ever in a cell
# points: 0 6 0
# says: This cell was stopped: it computed for 1 s without coming to an end
# remark: it computed for 1 s
# answered by: grader/sandbox.py

# %% own above fetch_all
while True:
    pass
