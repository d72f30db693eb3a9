# tries: hands in a folder that is called like the notebook
# points: 0 0 0
# says: is a folder
# remark: is a folder
# answered by: grader/hostile.py

# %% folder
path.unlink()
path.mkdir()
(path / path.name).write_text("{}")
