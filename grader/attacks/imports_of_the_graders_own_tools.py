# tries: uses the tools of the sandbox, which lie in its runtime, to undo what they did
# points: 0 6 0
# says: undone: []
# answered by: grader/lockdown.py

# %% own above fetch_all
import os

undone = []
try:
    import grader.lockdown
    import grader.namespaces as kernel
except ImportError as error:
    print(error)
else:
    for name, call in {
        "unmount": lambda: kernel.unmount("/proc"),
        "mount": lambda: kernel.mount_scratch("/tmp", 1, 10),
        "unshare": lambda: kernel.unshare(kernel.NEW_USER),
    }.items():
        try:
            call()
            undone.append(name)
        except OSError:
            pass
print("undone:", undone)
