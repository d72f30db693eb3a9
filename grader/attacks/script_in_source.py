# tries: writes a script into the text of its answer, and into the file that a message names
# points: 0 6 0
# says: fetch_all, 0 of 4 points
# answered by: src/asynclab/verdict_html.py

# %% answer fetch_all
async def fetch_all(store, keys):
    await asyncio.Event().wait()  # </code></pre><script>steal()</script>"><img src=x onerror=steal()>
