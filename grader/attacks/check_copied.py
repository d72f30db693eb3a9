# tries: copies a check with another text; a copy ends nbgrader's whole batch
# points: 0 6 0
# says: The cell `check_fetch_all` was there twice; it counts once
# answered by: src/asynclab/rebuild.py

# %% notebook
second = copy.deepcopy(cell("check_fetch_all"))
second["source"] = "4.0"
notebook["cells"].append(second)
