# tries: writes a gigabyte to the standard output, past Python
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/lockdown.py

# %% own above fetch_all
import os

for _ in range(1000):
    os.write(1, bytes(1_000_000))
    os.write(2, bytes(1_000_000))
