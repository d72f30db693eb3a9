# tries: hands in a link to a file that only the instructor may read
# points: 0 0 0
# says: is a symbolic link
# remark: is a symbolic link
# answered by: grader/hostile.py

# %% folder
path.unlink()
path.symlink_to("/etc/shadow")
(folder / "beside").symlink_to("/etc/passwd")
