# tries: sends the judge lines without end that nobody asked for
# points: 0 6 0
# says: This cell was stopped: it sent more than 1,000 lines that nobody had asked for
# remark: lines that nobody had asked for
# answered by: grader/cell_run.py

# %% own above fetch_all
import os

while True:
    os.write(3, b"{}\n" * 1_000)
