"""What a worker gives up before it runs the first line of a learner's code, and can never get back."""

import os
import random
import resource
import sys
from pathlib import Path

from grader.namespaces import (
    PR_SET_NO_NEW_PRIVS,
    close_from,
    drop_capabilities,
    filter_system_calls,
    prctl,
)
from grader.seccomp import program

#: The only file that a worker has open, besides /dev/null as stdin, stdout and stderr: its link to the judge.
CHANNEL = 3

#: What each process of the sandbox says first on its socket, with a handle (a pidfd) to kill it by.
READY = b"ready\n"

#: The only folders that a worker can write to: in memory, and new for each exercise.
SCRATCH, SHARED_MEMORY = "/tmp", "/dev/shm"
#: Where it begins, empty.
FOLDER = "/tmp/course"
SCRATCH_MB, SCRATCH_FILES = 64, 4096

LIMITS = {
    resource.RLIMIT_AS: 4 << 30,  # the 8 MB stacks of 250 threads are 2 GB of it
    resource.RLIMIT_NPROC: 256,  # threads count too; exercises use up to 100
    resource.RLIMIT_FSIZE: 32 << 20,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_CPU: 600,  # seconds, the last resort: the judge ends an exercise long before
    resource.RLIMIT_CORE: 1,  # byte: 0 would still start the machine's crash handler, see core(5)
    resource.RLIMIT_MEMLOCK: 0,
    resource.RLIMIT_MSGQUEUE: 0,
}


def give_up(seed: int) -> None:
    """Leave this process nothing but its memory, the scratch folder and the channel.

    Raises: OSError: if any of it fails; no learner's code may run then.
    """
    Path(FOLDER).mkdir()
    os.chdir(FOLDER)
    for kind, most in LIMITS.items():
        given = resource.getrlimit(kind)[1]
        limit = most if given == resource.RLIM_INFINITY else min(most, given)
        resource.setrlimit(kind, (limit, limit))
    drop_capabilities()
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    filter_system_calls(program())
    _seed(seed)


def keep_only(channel: int) -> None:
    """The channel as fd 3 and /dev/null as 0, 1 and 2; the rest is closed."""
    if channel != CHANNEL:
        os.dup2(channel, CHANNEL)
    os.set_inheritable(CHANNEL, False)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    close_from(CHANNEL + 1)


def _seed(seed: int) -> None:
    """Every worker of one zygote would draw the same numbers, and no two gradings would agree."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
