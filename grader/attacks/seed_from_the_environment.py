# tries: looks for the seed in the environment, the command lines and the files of all processes
# points: 0 6 0
# says: found: []
# answered by: grader/bubblewrap.py, grader/zygote.py

# %% answer fetch_all
import glob
import os
import sys


def texts():
    public = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    yield " ".join([*public, *public.values(), *sys.argv, *sys.orig_argv])
    for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline") + glob.glob("/*/seeds/*/*"):
        try:
            yield open(path).read()
        except OSError:
            pass


print("found:", [text for text in texts() if "seed" in text.lower() or "gradebook" in text or "/tmp/attacks" in text])


async def fetch_all(store, keys):
    return []
