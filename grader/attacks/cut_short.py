# tries: hands in the first half of a notebook
# points: 0 0 0
# says: is damaged, so it cannot be read as a notebook
# remark: is damaged
# answered by: grader/hostile.py

# %% folder
text = path.read_text()
path.write_text(text[: len(text) // 2])
