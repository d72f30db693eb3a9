# tries: starts processes until nothing else can start on the machine
# points: 0 6 0
# says: refused after
# answered by: grader/lockdown.py, grader/cgroup.py

# %% own above fetch_all
import os

number = 0
try:
    while number < 1000:
        os.posix_spawn("/bin/sleep", ["sleep", "600"], {})
        number += 1
except OSError as error:
    print("refused after" if number < 300 else "not refused until", number, error)
