# tries: asks for its outputs to be hidden, and for a page of its own, by tags and metadata that nbconvert knows
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: src/asynclab/rebuild.py

# %% notebook
notebook["metadata"] |= {"title": "</title><script>steal()</script>", "widgets": {"a": {"state": "<script>"}}}
for each in notebook["cells"]:
    each["metadata"] |= {"tags": ["remove_cell", "remove_output", "remove_input"], "jupyter": {"source_hidden": True}}
