# tries: sends the judge bytes without end, and no end of line
# points: 0 6 0
# says: This cell was stopped: it sent a line of more than 4,194,304 bytes
# remark: it sent a line of more than
# answered by: src/asynclab/wire.py

# %% own above fetch_all
import os

while True:
    os.write(3, b"[" * 1_000_000)
