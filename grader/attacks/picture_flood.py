# tries: shows a thousand large outputs, to fill the page of its feedback
# points: 0 6 0
# says: [the rest of the output was left out]
# answered by: grader/shell.py, grader/cell_run.py

# %% own above fetch_all
from IPython.display import HTML, display

for number in range(1000):
    display(HTML("<b>x</b>" * 5_000))
