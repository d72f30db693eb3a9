# tries: shows a script, a widget and a page by types that a notebook's page runs
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/cell_run.py

# %% own above fetch_all
from IPython.display import Javascript, display, publish_display_data

display(Javascript("steal()"))
publish_display_data({"application/javascript": "steal()", "application/vnd.jupyter.widget-view+json": {"model_id": "x"}})
publish_display_data({"text/html; charset=utf8": "<script>steal()</script>", "application/pdf": "x", "text/plain": "steal no more"})
