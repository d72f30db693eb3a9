# tries: sleeps in many cells, in each a little less than is allowed, to hold up the batch
# points: 0 0 0
# says: This cell was stopped: the cells of this notebook had taken 10 s together
# remark: the cells of this notebook had taken 10 s together
# answered by: grader/notebook_player.py

# %% own above fetch_all
import time

time.sleep(1.2)

# %% notebook
own = next(each for each in notebook["cells"] if each["id"].startswith("mine"))
place = notebook["cells"].index(own)
notebook["cells"][place:place] = [own | {"id": f"mine-{n}", "source": f"{own['source']}\n{n}"} for n in range(40)]
