# tries: rewrites the text of a check
# points: 0 6 0
# says: The cell `check_fetch_all` was changed; the released one was put back
# answered by: src/asynclab/rebuild.py

# %% notebook
cell("check_fetch_all")["source"] = "4.0"
