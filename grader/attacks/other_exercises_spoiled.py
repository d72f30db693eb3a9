# tries: deletes and replaces what another exercise has defined, in a cell below it
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/marked_cells.py

# %% own above fetch_as_ready
del fetch_first
fetch_all = fetch_first = None
