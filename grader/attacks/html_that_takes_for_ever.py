# tries: shows HTML, and writes text, that takes hours to be read by whoever wants to make it harmless
# points: 0 6 0
# says: [HTML of this size is not shown here]
# answered by: grader/cell_run.py, grader/harmless_markdown.py

# %% own above fetch_all
from IPython.display import publish_display_data

for text in ("<svg" * 100_000, "<div>" * 100_000, "<ul><li>" * 50_000):
    publish_display_data({"text/html": text})

# %% text above fetch_all
text

# %% notebook
for each in notebook["cells"]:
    if each["source"] == "text\n":
        each["source"] = "<div>" * 400_000 + "<svg" * 100_000 + "[" * 100_000
