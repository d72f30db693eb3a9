# tries: hands in more notebooks than were asked for: a copy, a checkpoint, one in a folder, one that is no notebook
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: grader/sanitise.py

# %% folder
text = path.read_text().replace("raise NotImplementedError", "return 4.0 #")
for name in ("01_event_loop-Copy1.ipynb", "02_structure.ipynb", ".ipynb_checkpoints/01_event_loop-checkpoint.ipynb", "sub/01_event_loop.ipynb"):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
(folder / "broken.ipynb").write_text("{")
