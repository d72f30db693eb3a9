# tries: has the kernel run a program of the learner's as root, for the next crash on the machine
# points: 0 6 0
# says: written: []
# answered by: grader/zygote.py, grader/runtime.py

# %% own above fetch_all
written = []
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger", "/proc/self/oom_score_adj",
             "/sys/kernel/uevent_helper", "/sys/fs/cgroup/release_agent", "/dev/mem", "/etc/ld.so.preload"):
    try:
        open(path, "r+b").close()
        written.append(path)
    except OSError:
        pass
print("written:", written)
