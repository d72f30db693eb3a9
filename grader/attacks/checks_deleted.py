# tries: deletes all checks: nbgrader then has no mark, and waits for a person for ever
# points: 0 6 0
# says: The cell `check_fetch_all` was missing; the released one was put back
# answered by: src/asynclab/rebuild.py

# %% notebook
notebook["cells"] = [each for each in notebook["cells"] if not each["id"].startswith("check_")]
