# tries: puts NaN, infinity and a number of ten thousand digits where the format has a count
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: src/asynclab/rebuild.py

# %% folder
text = path.read_text().replace('"execution_count": null', '"execution_count": 1e999', 3)
path.write_text(text.replace('"nbformat_minor": 5', '"nbformat_minor": NaN'))
