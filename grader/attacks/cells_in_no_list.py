# tries: hands in a notebook whose cells are an object
# points: 0 0 0
# says: it has no list of cells
# remark: is no notebook
# answered by: src/asynclab/rebuild.py

# %% notebook
notebook["cells"] = {"0": notebook["cells"][0]}
