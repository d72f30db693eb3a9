# tries: kills every process that it can reach, itself last
# points: 0 6 0
# says: This cell was stopped: it was killed: it killed itself, or took too much memory
# remark: it killed itself
# answered by: grader/namespaces.py, grader/notebook_player.py

# %% own above fetch_all
import os
import signal

for target in (os.getppid(), 1, -1):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError as error:
        print(target, error)
os.kill(os.getpid(), signal.SIGKILL)
