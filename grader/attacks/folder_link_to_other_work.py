# tries: hands in, as its folder, a link to the folder of somebody else
# points: 0 0 0
# says: is a symbolic link
# remark: is a symbolic link
# answered by: grader/sanitise.py

# %% folder
for each in list(folder.iterdir()):
    each.unlink()
folder.rmdir()
folder.symlink_to(folder.parents[1] / "a_honest" / folder.name)
