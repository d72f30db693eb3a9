# tries: hands in an empty folder
# points: 0 0 0
# says: is not there
# remark: is not there
# answered by: grader/sanitise.py

# %% folder
path.unlink()
