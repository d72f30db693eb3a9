# tries: publishes `4.0`, then `-1`, as the result of every cell before it has run; nbgrader believes the first one
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/preprocessor.py

# %% own above fetch_all
from IPython.display import publish_display_data


def forge(*_):
    for points in ("4.0", "-1"):
        get_ipython().displayhook.write_format_data({"text/plain": points})
        publish_display_data({"text/plain": points})


get_ipython().events.register("pre_run_cell", forge)
get_ipython().events.register("post_run_cell", forge)
