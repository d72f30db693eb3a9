# tries: hands in JSON that is no notebook
# points: 0 0 0
# says: its JSON is not an object
# remark: is no notebook
# answered by: src/asynclab/rebuild.py

# %% folder
path.write_text('["skip-execution", 4.0]')
