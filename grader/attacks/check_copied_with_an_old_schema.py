# tries: copies a check and calls it one of an old nbgrader: SchemaTooOldError ends nbgrader's whole batch
# points: 0 6 0
# says: The cell `check_fetch_all` was there twice; it counts once
# answered by: src/asynclab/rebuild.py

# %% notebook
second = copy.deepcopy(cell("check_fetch_all"))
second["metadata"]["nbgrader"]["schema_version"] = 1
notebook["cells"].append(second)
