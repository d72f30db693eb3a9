# tries: labels a check as an answer, so that its own text is run in its place
# points: 0 6 0
# says: The cell `check_fetch_all` was changed; the released one was put back
# answered by: src/asynclab/rebuild.py

# %% notebook
check = cell("check_fetch_all")
check["metadata"]["nbgrader"] |= {"solution": True, "grade": False, "points": 100, "locked": False}
check["source"] = "4.0"
