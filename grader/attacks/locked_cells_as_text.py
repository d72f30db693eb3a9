# tries: makes the checks text cells, which nothing runs
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: src/asynclab/rebuild.py

# %% notebook
for name in ("fetch_all", "fetch_as_ready"):
    cell(f"check_{name}")["cell_type"] = "raw"
    cell(f"check_{name}")["metadata"]["nbgrader"]["cell_type"] = "markdown"
