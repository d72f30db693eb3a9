# tries: labels a cell as set-up, so that it runs before anything else
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/marked_cells.py

# %% own above fetch_all
raise RuntimeError("this is a cell of the learner's own")

# %% notebook
for each in notebook["cells"]:
    if each["id"].startswith("mine"):
        each["metadata"] = {"asynclab": {"kind": "setup"}, "nbgrader": {"grade": True, "points": 4}}
