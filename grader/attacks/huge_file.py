# tries: hands in 200 MB, to fill the memory of whoever reads it
# points: 0 0 0
# says: is larger than 20 MB
# remark: is larger than 20 MB
# answered by: grader/hostile.py

# %% folder
os.truncate(path, 200_000_000)
