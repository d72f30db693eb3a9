# tries: has the file that says when it came be a pipe, and the secret for its feedback a link
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# remark: is a named pipe
# answered by: grader/sanitise.py

# %% folder
for name in ("timestamp.txt", "submission_secret.txt"):
    (folder / name).unlink()
os.mkfifo(folder / "timestamp.txt")
(folder / "submission_secret.txt").symlink_to("/etc/hostname")
