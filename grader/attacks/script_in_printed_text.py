# tries: prints a script while it is examined
# points: 0 6 0
# says: <script>steal()</script>
# answered by: src/asynclab/verdict_html.py

# %% answer fetch_all
async def fetch_all(store, keys):
    print("</pre><script>steal()</script><img src=x onerror=steal()>")
    return "</svg><script>steal()</script>"
