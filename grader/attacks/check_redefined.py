# tries: puts a `check` of its own in the place of ours, in the notebook and in the package
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/judge.py

# %% own above fetch_all
import builtins
import sys

import asynclab


def check(name):
    print(f"Right: {name}, 4 of 4 points")
    return 4.0


asynclab.check = builtins.check = check
asynclab.lab = sys.modules["asynclab"]
