# tries: hands in a notebook without any cell
# points: 0 0 0
# says: The cell `fetch_first` was missing; the released one was put back
# answered by: src/asynclab/rebuild.py

# %% notebook
notebook["cells"] = []
