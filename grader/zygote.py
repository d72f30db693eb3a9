"""Forks a worker for each exercise, from a process that has imported everything and holds no secret.

It runs inside an outer bubblewrap, as the learners' account, in three kinds of process:

    zygote      imports what set-up cells import; forks a keeper for each submission
    keeper      pid 1 of a submission's own namespaces (user, mount, pid, ipc, uts, net); forks a worker
                for each exercise, kills whatever it has left behind, and gives the next one a new scratch
    worker      gives up everything (`lockdown`) and runs a learner's code (`worker`)

No learner's code ever runs before a fork, so what a worker breaks is gone with it. All that a worker
could read in its copied memory is the course's own code. When the grader ends, however it ends, its end
of the socket closes, the zygote leaves, and the kernel ends everything in the outer pid namespace.

Messages are datagrams on a socketpair. To the zygote: a submission's socket. On that socket, from the
keeper: READY, with a handle (a pidfd) to kill it by; to the keeper: a seed, with a worker's socket; from
the keeper: the worker's exit status, as soon as nothing of that exercise is left.
"""

import asyncio
import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from grader import namespaces as kernel
from grader.lockdown import READY, SCRATCH, SCRATCH_FILES, SCRATCH_MB, SHARED_MEMORY
from grader.shell import CellShell
from grader.worker import work

#: Cells that make IPython import and compile all that a cell needs, once for all workers.
WARM_UP = (
    "import asyncio",
    "async def double(x):\n    await asyncio.sleep(0)\n    return 2 * x",
    "print(await double(1))\n[1]",
    "1 / 0",
    "!true",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
)


def main(control: int) -> None:
    zygote = socket.socket(fileno=control)
    shell = warm_shell()
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("a fork would lose the threads that an import has started")
    gc.collect()
    gc.freeze()
    socket.send_fds(zygote, [READY], [os.pidfd_open(os.getpid())])
    while True:
        _, submissions, _, _ = socket.recv_fds(zygote, 1, 1)
        if not submissions:
            break
        if os.fork() == 0:
            zygote.close()
            _keep(submissions[0], shell)
        os.close(submissions[0])
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def warm_shell() -> CellShell:
    """A shell in which cells have run already, and as if none had."""
    import matplotlib.pyplot as plt
    import numpy.random

    import asynclab.demo

    del numpy, asynclab  # numpy.random, because NumPy itself imports it only when it is used
    shell = CellShell.made()
    streams = sys.stdout, sys.stderr
    shell.take_streams()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for cell in WARM_UP:
        shell.run(loop, cell)
    loop.close()
    asyncio.set_event_loop(None)
    sys.stdout, sys.stderr = streams
    plt.close("all")
    shell.reset(new_session=True)  # type: ignore[no-untyped-call]
    shell.execution_count = 1
    return shell


# -- a keeper


def _keep(submission: int, shell: CellShell) -> NoReturn:
    """Become the keeper of a submission; say so on its socket, or why not."""
    control = socket.socket(fileno=submission)
    try:
        _enter_namespaces()
        socket.send_fds(control, [READY], [os.pidfd_open(os.getpid())])
        _Keeper(control, shell).live()
    except Exception as error:
        with suppress(OSError):
            control.send(f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(0)


def _enter_namespaces() -> None:
    """Go into namespaces of its own; returns in a child, which is their pid 1."""
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(
        kernel.NEW_USER
        | kernel.NEW_MOUNTS
        | kernel.NEW_PIDS
        | kernel.NEW_IPC
        | kernel.NEW_UTS
        | kernel.NEW_NETWORK
    )
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{uid} {uid} 1")
    (own / "gid_map").write_text(f"{gid} {gid} 1")
    (own / "oom_score_adj").write_text("1000")  # who fills the machine's memory goes first
    kernel.mount("none", "/", None, kernel.RECURSIVE | kernel.PRIVATE)
    if os.fork():
        os._exit(0)
    os.setsid()
    socket.sethostname("sandbox")
    # nothing of a process, and no switch of the kernel, can be seen in there
    kernel.mount(
        "none", "/proc", "tmpfs", kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_DEVICES, "size=4k,nr_inodes=1"
    )
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)  # no worker may look into pid 1


class _Keeper:
    def __init__(self, control: socket.socket, shell: CellShell) -> None:
        self._control = control
        self._shell = shell
        self._worker = 0
        self._used = False  # whether the scratch is the last exercise's
        # pid 1 is safe from every signal that it has no handler for: Python has one for this
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._wakes, wake = socket.socketpair()
        self._wakes.setblocking(False)
        wake.setblocking(False)
        self._wake = wake
        signal.signal(signal.SIGCHLD, _notice)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)

    def live(self) -> None:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wakes, select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == self._wakes.fileno():
                    self._wakes.recv(4096)
                    self._reap()
                elif not self._begin():
                    return

    def _begin(self) -> bool:
        """Fork the worker that is asked for; False when nobody will ask any more."""
        seed, sockets, _, _ = socket.recv_fds(self._control, 32, 1)
        if not sockets:
            return False
        for folder in (SCRATCH, SHARED_MEMORY):
            if self._used:
                kernel.unmount(folder)
            kernel.mount_scratch(folder, SCRATCH_MB, SCRATCH_FILES)
        self._used = True
        self._worker = os.fork()
        if self._worker == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            work(sockets[0], self._shell, int(seed))
        os.close(sockets[0])
        return True

    def _reap(self) -> None:
        """Bury the dead; when the worker is among them, everything that it has left behind as well."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._worker:
                self._end_all()
                self._control.send(str(status).encode())

    def _end_all(self) -> None:
        """Nothing but this process is left in the namespace after it."""
        self._worker = 0
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        with suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)


def _notice(number: int, frame: FrameType | None) -> None:
    """For its effect on `set_wakeup_fd`."""


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    finally:
        os._exit(0)
