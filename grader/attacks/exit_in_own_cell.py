# tries: leaves the interpreter in every way that raises: nbgrader takes a cell that ends so for a success
# points: 0 6 0
# says: SystemExit
# answered by: grader/shell.py

# %% own above fetch_all
exit()
# %% own above fetch_all
import sys

sys.exit(0)
# %% own above fetch_all
raise SystemExit
# %% own above fetch_all
raise KeyboardInterrupt
