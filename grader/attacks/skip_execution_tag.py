# tries: tags the checks `skip-execution`; nbgrader then runs none of them, and takes that for success
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: src/asynclab/rebuild.py

# %% notebook
for each in notebook["cells"]:
    each["metadata"]["tags"] = ["skip-execution", "raises-exception"]
