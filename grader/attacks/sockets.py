# tries: sends what it has found to another machine, and asks the services of this one
# points: 0 6 0
# says: reached: []
# answered by: grader/zygote.py, grader/seccomp.py

# %% own above fetch_all
import glob
import socket

reached = []
for family, address in (
    (socket.AF_INET, ("1.1.1.1", 80)),
    (socket.AF_INET, ("127.0.0.1", 22)),
    (socket.AF_INET6, ("::1", 22)),
    (socket.AF_UNIX, "/var/run/docker.sock"),
    (socket.AF_UNIX, "\0/tmp/.X11-unix/X0"),
):
    try:
        with socket.socket(family) as link:
            link.settimeout(0.3)
            link.connect(address)
            reached.append(address)
    except OSError:
        pass
try:
    reached.append(socket.getaddrinfo("example.org", 80))
except OSError:
    pass
print("reached:", reached)
