# tries: swallows its cancellation in a loop, for ever
# points: 0 6 0
# says: Stopped: fetch_all, 0 of 4 points
# answered by: src/asynclab/runner.py

# %% answer fetch_all
async def fetch_all(store, keys):
    async def stubborn():
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                pass

    await asyncio.wait_for(stubborn(), 0.5)
