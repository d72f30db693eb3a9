# tries: makes a check worth NaN points, which spoils every sum that it is in
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: src/asynclab/rebuild.py

# %% notebook
cell("check_fetch_all")["metadata"]["nbgrader"]["points"] = float("nan")
cell("check_fetch_first")["metadata"]["nbgrader"]["points"] = -1e400
