# tries: hands in a link to the work of somebody else
# points: 0 0 0
# says: is a symbolic link
# remark: is a symbolic link
# answered by: grader/hostile.py

# %% folder
path.unlink()
path.symlink_to(folder.parents[1] / "a_honest" / folder.name / path.name)
