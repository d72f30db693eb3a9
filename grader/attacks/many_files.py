# tries: hands in a thousand files in a folder, and folders inside each other
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# remark: holds more than 200 files
# answered by: grader/hostile.py

# %% folder
(folder / "many").mkdir()
for number in range(1000):
    (folder / "many" / str(number)).touch()
(folder / "deep" / "/".join("abcdefghij")).mkdir(parents=True)
