# tries: hides ten thousand brackets in the metadata of a cell
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: src/asynclab/rebuild.py

# %% folder
notebook = json.loads(path.read_text())
path.write_text(json.dumps(notebook)[:-1] + ', "deep": ' + "[" * 900 + "]" * 900 + "}")
