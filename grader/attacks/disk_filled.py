# tries: fills the disk, and every folder that it can write to
# points: 0 6 0
# says: written outside: []
# answered by: grader/lockdown.py, grader/bubblewrap.py

# %% own above fetch_all
import os

outside = []
for folder in (".", "/dev/shm", "/", "/usr", "/etc", "/var/tmp", "/home", os.path.expanduser("~")):
    try:
        with open(os.path.join(folder, "filling"), "wb") as file:
            if folder not in (".", "/dev/shm") and not os.path.realpath(folder).startswith("/tmp"):
                outside.append(folder)
            while True:
                file.write(bytes(2**20))
    except OSError as error:
        print(folder, error.strerror)
print("written outside:", outside)
