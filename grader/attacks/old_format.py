# tries: hands in a notebook of version 3, which nbformat would convert
# points: 0 0 0
# says: This is no notebook of version 4 or later
# remark: is no notebook of version 4
# answered by: src/asynclab/rebuild.py

# %% notebook
notebook["nbformat"] = 3
notebook["worksheets"] = [{"cells": notebook.pop("cells")}]
