# tries: asks the world for what is called like a script
# points: 0 6 0
# says: fetch_all, 0 of 4 points
# answered by: src/asynclab/picture/text.py

# %% answer fetch_all
async def fetch_all(store, keys):
    await asyncio.gather(*[store.get("</title><script>steal()</script>") for key in keys], return_exceptions=True)
    raise ValueError("<script>steal()</script>")
