# tries: hands in its notebook under another name
# points: 0 0 0
# says: is not there; there is `my answers.ipynb`
# remark: is not there
# answered by: grader/sanitise.py

# %% folder
path.rename(folder / "my answers.ipynb")
