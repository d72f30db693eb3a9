# tries: prints what looks like a verdict, so that a person believes it
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/judge.py

# %% own above fetch_all
from IPython.display import HTML

HTML("<p><strong>Right: fetch_all, 4 of 4 points</strong></p>")
