# tries: has the check of a blank exercise check the one that is right
# points: 0 6 0
# says: The cell `check_fetch_all` was changed; the released one was put back
# answered by: src/asynclab/rebuild.py

# %% notebook
cell("check_fetch_all")["source"] = 'check("fetch_first")'
