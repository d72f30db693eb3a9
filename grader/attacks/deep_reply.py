# tries: sends the judge two million brackets, for its parser to fall over
# points: 0 6 0
# says: it sent what is no JSON: it is nested too deeply
# remark: nested too deeply
# answered by: src/asynclab/wire.py

# %% own above fetch_all
import os

os.write(3, b"[" * 2_000_000 + b"\n")
