# tries: hands in a film beside its notebook, which is copied at every step
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# remark: is larger than 20 MB
# answered by: grader/sanitise.py

# %% folder
(folder / "film.mp4").touch()
os.truncate(folder / "film.mp4", 200_000_000)
