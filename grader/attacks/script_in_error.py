# tries: raises an error whose name, text and traceback hold a script
# points: 0 6 0
# says: <script>steal()</script>
# answered by: grader/cell_run.py

# %% own above fetch_all
raise type("<script>steal()</script>", (Exception,), {})("</pre><script>steal()</script>\x1b[31m<img src=x onerror=steal()>")
