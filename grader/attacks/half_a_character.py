# tries: writes half of a surrogate pair into its answers, which no file can hold, and bytes that end a C string
# points: 0 6 0
# says: fetch_all, 0 of 4 points
# answered by: src/asynclab/cells.py

# %% notebook
cell("fetch_all")["source"] = 'text = "\ud800 \u0000"\nprint("\udfff")\n'
