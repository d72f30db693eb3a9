# tries: reads the work and the marks of others, the lessons with their answers, and the secrets of the machine
# points: 0 6 0
# says: read: []
# answered by: grader/bubblewrap.py

# %% own above fetch_all
import os

words = ("submitted", "autograded", "gradebook.db", "BEGIN SOLUTION", "seeds", "corpus", "id_rsa", "shadow")
read = []
for folder, folders, names in os.walk("/"):
    folders[:] = [each for each in folders if each not in ("sys", "usr", "lib", "lib64", "runtime")]
    read += [os.path.join(folder, each) for each in (*folders, *names) if each in words]
for path in ("/etc/shadow", "/root/.ssh/id_rsa", "/proc/1/environ", "/proc/self/mem", "/proc/self/maps", "/work/main/README.md"):
    try:
        read.append(path + open(path, errors="replace").read(1))
    except OSError:
        pass
print("read:", read)
