# tries: returns an object whose pickle runs a program where it is loaded
# points: 0 6 0
# says: a value of type `Program`
# answered by: src/asynclab/link.py

# %% answer fetch_all
import os


class Program:
    def __reduce__(self):
        return os.system, ("touch /tmp/asynclab-was-unpickled",)

    def __getstate__(self):
        return {"$error": ["os.system", "id"]}


async def fetch_all(store, keys):
    return [Program() for key in keys]
