# tries: becomes root, mounts, makes namespaces, lifts its limits, loads programs into the kernel
# points: 0 6 0
# says: granted: []
# answered by: grader/lockdown.py, grader/seccomp.py

# %% own above fetch_all
import ctypes
import os
import resource

libc = ctypes.CDLL(None, use_errno=True)
granted = []
calls = {
    "setuid": lambda: os.setuid(0),
    "setgroups": lambda: os.setgroups([0]),
    "chroot": lambda: os.chroot("/tmp"),
    "limits": lambda: resource.setrlimit(resource.RLIMIT_NPROC, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)),
    "mknod": lambda: os.mknod("device", 0o660 | 0o60000, os.makedev(8, 0)),
    "nice": lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
}
for name, call in calls.items():
    try:
        call()
        granted.append(name)
    except (OSError, ValueError):
        pass
for name, *arguments in (
    ("unshare", 0x10000000),
    ("setns", 3, 0),
    ("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    ("umount2", b"/proc", 2),
    ("pivot_root", b"/tmp", b"/tmp"),
    ("syscall", 321, 0, 0, 0),  # bpf
    ("syscall", 425, 1, 0),  # io_uring_setup
    ("syscall", 323, 0),  # userfaultfd
    ("syscall", 250, 0, 0),  # keyctl
    ("personality", 0x0040000),
):
    if libc[name](*arguments) >= 0:
        granted.append((name, arguments))
print("granted:", granted)
