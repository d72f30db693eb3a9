# tries: hands in an empty file
# points: 0 0 0
# says: is damaged, so it cannot be read as a notebook
# remark: is damaged
# answered by: grader/hostile.py

# %% folder
path.write_text("")
