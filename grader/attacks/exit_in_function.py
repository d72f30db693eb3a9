# tries: raises SystemExit out of its function and out of a task
# points: 0 6 0
# says: SystemExit
# answered by: src/asynclab/runner.py

# %% answer fetch_all
import sys


async def fetch_all(store, keys):
    async def leave():
        sys.exit(0)

    await asyncio.create_task(leave())
