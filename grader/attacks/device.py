# tries: hands in a link to a device that never ends
# points: 0 0 0
# says: is a symbolic link
# remark: is a symbolic link
# answered by: grader/hostile.py

# %% folder
path.unlink()
path.symlink_to("/dev/zero")
