# tries: writes a number of a million digits, which Python refuses to read
# points: 0 0 0
# says: is damaged, so it cannot be read as a notebook
# remark: is damaged
# answered by: grader/hostile.py

# %% folder
path.write_text(path.read_text().replace('"execution_count": null', '"execution_count": ' + "9" * 1_000_000, 1))
