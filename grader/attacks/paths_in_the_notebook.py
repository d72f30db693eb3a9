# tries: names files of the teacher's in what it says of itself, for whoever writes what is pasted into it
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: src/asynclab/rebuild.py

# %% notebook
notebook["metadata"] |= {"name": "../../../release/x", "path": "/etc", "toc-autonumbering": "../"}
for each in notebook["cells"]:
    if each["cell_type"] == "markdown":
        each["attachments"] = {"../../../../gradebook.db": {"image/png": "AAAA"}, "/etc/cron.d/x": {"text/plain": "* * *"}}
    else:
        each["metadata"]["filenames"] = {"image/png": "../../../gradebook.db"}
