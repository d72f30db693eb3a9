"""Where learners' code runs for marks: shut in, one process for each exercise, and nothing is left of it.

    with Sandbox(find_runtime()) as sandbox, sandbox.submission() as submission:
        with submission.exercise() as worker:
            wire = Wire(worker.link)
            run_cell(wire, "async def double(x): return 2 * x", until=monotonic() + 10)

This is the trusted side: it starts processes, talks to them over sockets and kills them; it never runs
a learner's line. What is inside: `bubblewrap` (what can be seen), `zygote` (who forks whom), `lockdown`
(what a worker has given up), `worker` (what it does). `selftest` tries to break out; grading begins with it.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from grader import bubblewrap
from grader.bubblewrap import PATIENCE, Room
from grader.exit_code import signal_of
from grader.handle import Handle
from grader.lockdown import READY
from grader.refusal import SandboxRefused
from grader.runtime import Runtime

#: How often the CPU time of a worker is looked at, in seconds.
WATCH_EVERY = 0.05

#: Seconds between the close of a link and the end of the process at its other end, at most.
GRACE = 0.5


class SandboxError(Exception):
    """The sandbox itself failed: no fault of the learner's, so no mark."""


class Worker(ABC):
    """The process of one exercise, at the other end of `link`. All that comes from there is hostile."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self._handle = _greeting(link)
        self._why = ""
        self._ended: str | None = None

    def cpu_seconds(self) -> float | None:
        return self._handle.cpu_seconds()

    def uids(self) -> list[int] | None:
        return self._handle.uids()

    @contextmanager
    def within_cpu(self, seconds: float) -> Iterator[None]:
        """Inside the block the worker may use so much CPU time, and is killed if it goes on.

        For time on the wall the other end of the link is read with a deadline, and then `end` is called.
        """
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(seconds, over), daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()

    def _watch(self, seconds: float, over: threading.Event) -> None:
        began = self.cpu_seconds()
        while not over.wait(WATCH_EVERY):
            used = self.cpu_seconds()
            if began is not None and used is not None and used - began > seconds:
                self.kill(f"it computed for {seconds:g} s without coming to an end")

    def kill(self, why: str = "") -> None:
        """End the process now; `end` then says why, if a reason is given."""
        if not self._handle.has_ended():
            self._why = why
            self._handle.kill()

    def end(self) -> str:
        """Kill it with all that it has started, and wait until nothing of it is left; how it had ended
        by itself, or why it was killed, or "".

        Raises: SandboxError: if something is left.
        """
        if self._ended is None:
            by_itself = not self._why and self._has_left()
            self._handle.kill()
            self.link.close()
            self._ended = self._why
            try:
                code = self._exit_code()
            finally:
                self._handle.close()
            if by_itself:
                self._ended = _how(code)
        return self._ended

    def _has_left(self) -> bool:
        """Whether it has ended; its end of the link closes a little before it has."""
        self.link.settimeout(0)
        try:
            closed = self.link.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            closed = False
        except OSError:
            closed = True
        return self._handle.has_ended(within=GRACE if closed else 0)

    @abstractmethod
    def _exit_code(self) -> int:
        """Its exit code, or minus the signal that ended it, once nothing of it is left."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()


def _how(code: int) -> str:
    if code == -signal.SIGKILL:
        return "it was killed: it killed itself, or took too much memory"
    if code < 0:
        return f"it ended its own process with the signal {signal_of(code)}"
    return f"it ended its own process with exit code {code}"


def _greeting(link: socket.socket) -> Handle:
    """The handle that a process of ours sends as soon as it is ready; no learner's line ran there yet.

    Raises: SandboxError: with what it says instead.
    """
    link.settimeout(PATIENCE)
    try:
        said, handles, _, _ = socket.recv_fds(link, 4096, 1)
    except OSError as error:
        raise SandboxError(f"the sandbox does not answer: {error}") from error
    if said != READY or not handles:
        raise SandboxError(said.decode(errors="replace").strip() or "the sandbox ended at its start")
    return Handle(handles[0])


class Submission(ABC):
    """One learner's notebook: its exercises run one after the other, and see nothing of each other."""

    @abstractmethod
    def exercise(self, seed: int = 0) -> Worker:
        """A new process; the one before is ended. `seed` is for its `random` and NumPy's.

        Raises: SandboxError
        """

    @abstractmethod
    def close(self) -> None:
        """Nothing of it is left afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


# -- forked workers


class _ForkedWorker(Worker):
    def __init__(self, link: socket.socket, keeper: _KeptSubmission) -> None:
        super().__init__(link)
        self._keeper = keeper

    def _exit_code(self) -> int:
        return self._keeper.exit_code()


class _KeptSubmission(Submission):
    """A submission with a keeper (see `zygote`)."""

    def __init__(self, zygote: socket.socket) -> None:
        self._zygote = zygote
        self._last: Worker | None = None
        self._open()

    def _open(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                socket.send_fds(self._zygote, [b"s"], [theirs.fileno()])
            self._keeper = _greeting(self._control)
        except (OSError, SandboxError) as error:
            self._control.close()
            raise SandboxError(str(error)) from error

    def exercise(self, seed: int = 0) -> Worker:
        if self._last is not None:
            self._last.end()
        if self._keeper.has_ended():  # the kernel ended it, when the machine had no memory left
            self.close()
            self._open()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [str(seed).encode()], [theirs.fileno()])
            self._last = _ForkedWorker(ours, self)
        except (OSError, SandboxError) as error:
            ours.close()
            raise SandboxError(self._last_words() or str(error)) from error
        return self._last

    def exit_code(self) -> int:
        try:
            return os.waitstatus_to_exitcode(int(self._control.recv(4096)))
        except (OSError, ValueError) as error:
            raise SandboxError(f"something of an exercise is left: {error}") from error

    def _last_words(self) -> str:
        self._control.settimeout(0)
        with suppress(OSError):
            return self._control.recv(4096).decode(errors="replace")
        return ""

    def close(self) -> None:
        self._keeper.kill()
        gone = self._keeper.has_ended(within=PATIENCE)  # pid 1 ends when the last one of its namespace has
        self._keeper.close()
        self._control.close()
        if not gone:
            raise SandboxError("something of a submission is left")


# -- cold workers


class _ColdWorker(Worker):
    def __init__(self, link: socket.socket, room: Room) -> None:
        super().__init__(link)
        self._room = room

    def _exit_code(self) -> int:
        code = self._room.wait(PATIENCE)
        self._room.end()
        if code is None:
            raise SandboxError("something of an exercise was left")
        return code


class _ColdSubmission(Submission):
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def exercise(self, seed: int = 0) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            fd = theirs.fileno()
            room = bubblewrap.start(self._runtime, "grader.cold", [str(fd), str(seed)], keep=fd, zygote=False)
        try:
            return _ColdWorker(ours, room)
        except SandboxError as error:
            ours.close()
            raise _ended(room, error) from error

    def close(self) -> None:
        """Each worker has taken everything with it."""


# -- the sandbox


class Sandbox:
    """Starts with a zygote; in the paranoid way without one, and each exercise gets a bubblewrap and a
    Python of its own: some 20 times slower, and two exercises share no memory, not even by descent.

    It must be used by a thread that lives as long as it does: bubblewrap ends with the thread that
    started it. Submissions may be opened by any thread.
    """

    def __init__(self, runtime: Runtime, *, paranoid: bool = False) -> None:
        self.runtime = runtime
        self.paranoid = paranoid
        self._room: Room | None = None

    def __enter__(self) -> Self:
        """
        Raises: SandboxRefused: if learners' code would not be shut in.
        """
        try:
            if not self.paranoid:
                self._start_zygote()
            with self.submission() as submission, submission.exercise():
                pass
        except SandboxError as error:
            self.close()
            raise _refusal(str(error)) from error
        return self

    def _start_zygote(self) -> None:
        self._zygote, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            fd = theirs.fileno()
            room = bubblewrap.start(self.runtime, "grader.zygote", [str(fd)], keep=fd, zygote=True)
        try:
            _greeting(self._zygote).close()
        except SandboxError as error:
            self._zygote.close()
            raise _ended(room, error) from error
        self._room = room

    def submission(self) -> Submission:
        """
        Raises: SandboxError
        """
        if self.paranoid:
            return _ColdSubmission(self.runtime)
        try:
            return _KeptSubmission(self._zygote)
        except SandboxError:  # the kernel ended the zygote, when the machine had no memory left
            self.close()
            self._start_zygote()
            return _KeptSubmission(self._zygote)

    def close(self) -> None:
        """Nothing of it is left afterwards, of its submissions neither."""
        if self._room is not None:
            self._zygote.close()
            self._room.end(within=GRACE)  # by itself, it hands on what CPU time it has used
            self._room = None

    def __exit__(self, *error: object) -> None:
        self.close()


def _ended(room: Room, error: SandboxError) -> SandboxError:
    """The error, with what was written about it, after the end of the room."""
    wrote = room.complaints()
    room.end()
    return SandboxError(f"{error}: {wrote}" if wrote else str(error))


def _refusal(said: str) -> SandboxRefused:
    """What a sandbox that does not start says, and what to do about it."""
    namespaces = ("namespace", "unshare", "uid_map", "setgroups", "uid map")
    if any(word in said for word in namespaces):
        return SandboxRefused(
            f"this machine does not allow the namespaces that learners' code is shut in by ({said})",
            "sysctl -w user.max_user_namespaces=10000; Debian: sysctl -w kernel.unprivileged_userns_clone=1; "
            "Ubuntu: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0; Docker: run with "
            "--security-opt seccomp=PROFILE where the profile allows unshare, mount and pivot_root; "
            "or grade on a machine that allows it",
        )
    return SandboxRefused(f"the sandbox does not start ({said})", "python -m grader selftest says more")
