# tries: calls files beside it so that the terminal of whoever reads the log obeys them, or that nobody can write down
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# remark: ??]0;owned?` has a name that cannot be shown
# remark: `sub` holds `??[2J?`, which has a name that cannot be shown
# answered by: grader/hostile.py

# %% folder
open(os.fsencode(folder) + b"/\xff\x1b]0;owned\x07", "w").close()
(folder / "sub").mkdir()
os.mkfifo(os.fsencode(folder) + b"/sub/\xfe\x1b[2J\n")
