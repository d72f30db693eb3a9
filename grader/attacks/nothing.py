# tries: hands in an empty folder
# points: 0 0 0
# says: is not there
# remark: is not there
# nbgrader: passes over a folder without any notebook; one that it has collected itself has the blank one
# answered by: grader/sanitise.py

# %% folder
path.unlink()
