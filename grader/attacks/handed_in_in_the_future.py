# tries: writes a time that no calendar has
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# remark: tells no time
# answered by: grader/sanitise.py

# %% folder
(folder / "timestamp.txt").write_text("2026-99-99 25:61:61 UTC\n")
