# tries: labels an answer as the check of its exercise, with a text that says 4 points
# points: 0 6 0
# says: The cell `check_fetch_all` was there twice; it counts once
# answered by: src/asynclab/rebuild.py

# %% notebook
answer = cell("fetch_all")
answer["metadata"]["nbgrader"] |= {"grade_id": "check_fetch_all", "grade": True, "solution": False, "points": 4}
answer["source"] = "4.0"
