# tries: hands in a named pipe: whoever opens it waits for ever
# points: 0 0 0
# says: is a named pipe
# remark: is a named pipe
# answered by: grader/hostile.py

# %% folder
path.unlink()
os.mkfifo(path)
