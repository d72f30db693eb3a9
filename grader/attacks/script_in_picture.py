# tries: breaks out of the address of a picture
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/cell_run.py

# %% own above fetch_all
from IPython.display import publish_display_data

for kind in ("image/png", "image/jpeg"):
    publish_display_data({kind: '"><script>steal()</script><img src="'})
    publish_display_data({kind: 'x" onerror="steal()'}, metadata={kind: {"width": '1" onload="steal()'}})
