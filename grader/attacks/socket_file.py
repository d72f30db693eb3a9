# tries: hands in a socket
# points: 0 0 0
# says: is a socket
# remark: is a socket
# answered by: grader/hostile.py

# %% folder
import socket

path.unlink()
os.mknod(path, 0o140666)
