# tries: hands in two hundred thousand brackets, for the parser to fall over
# points: 0 0 0
# says: is nested too deeply for a notebook
# remark: is nested too deeply
# answered by: grader/hostile.py

# %% folder
path.write_text("[" * 200_000)
