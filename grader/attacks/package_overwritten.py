# tries: writes into the files of the package that the next worker imports
# points: 0 6 0
# says: written: []
# answered by: grader/bubblewrap.py

# %% own above fetch_all
import os
import sys

import asynclab

written = []
for folder in {*filter(None, sys.path), *asynclab.__path__, sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)}:
    if folder.startswith("/tmp/course"):
        continue
    try:
        open(os.path.join(folder, "sitecustomize.py"), "w").close()
        written.append(folder)
    except OSError:
        pass
print("written:", written)
