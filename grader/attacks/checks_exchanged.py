# tries: gives a blank exercise the name of the one that is right, and the other way round
# points: 0 6 0
# says: There is no `fetch_all` yet (there is a `fetch_first`: was it renamed?)
# answered by: src/asynclab/rebuild.py

# %% notebook
one, other = cell("fetch_all"), cell("fetch_first")
for key in ("metadata", "id"):
    one[key], other[key] = other[key], one[key]
