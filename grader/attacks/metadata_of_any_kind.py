# tries: hands in numbers, lists and nothing where an object or a text belongs, everywhere
# points: 0 0 0
# says: The cell `fetch_first` was missing; the released one was put back
# answered by: src/asynclab/cells.py

# %% notebook
odd = [None, 7, "text", [], {}, True, 1e308]
notebook["metadata"] = 7
for number, each in enumerate(notebook["cells"]):
    each |= {key: odd[number % 7] for key in ("metadata", "source", "outputs", "id", "execution_count")}
notebook["cells"] += odd
