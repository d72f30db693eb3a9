# tries: replaces what the set-up cell imports
# points: 0 6 0
# says: 1 of the lesson's own code cells was changed; the released text counts
# answered by: src/asynclab/rebuild.py

# %% notebook
for each in notebook["cells"]:
    if each["metadata"].get("asynclab") == {"kind": "setup"}:
        each["source"] = "def check(name): return 4.0"
