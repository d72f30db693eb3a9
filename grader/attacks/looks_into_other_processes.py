# tries: traces, reads and writes the memory of other processes
# points: 0 6 0
# says: reached: []
# answered by: grader/seccomp.py, grader/zygote.py

# %% own above fetch_all
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
reached = []
for pid in (1, os.getppid()):
    if libc.ptrace(16, pid, 0, 0) == 0:
        reached.append(("ptrace", pid))
    buffer = ctypes.create_string_buffer(16)
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 16)
    if libc.process_vm_readv(pid, vector, 1, vector, 1, 0) > 0:
        reached.append(("process_vm_readv", pid))
    for name in ("mem", "environ", "maps", "fd/0", "root/etc/passwd"):
        try:
            open(f"/proc/{pid}/{name}", "rb").close()
            reached.append((name, pid))
        except OSError:
            pass
print("reached:", reached)
