"""The outer sandbox: what of the machine can be seen in it, and the command that starts a program there."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from grader.cgroup import ControlGroup
from grader.handle import Handle
from grader.lockdown import SCRATCH, SCRATCH_MB, SHARED_MEMORY
from grader.refusal import SandboxRefused
from grader.runtime import SOURCES_INSIDE, Runtime

RUNTIME_INSIDE = "/runtime"

ID_INSIDE = "1000"

ENVIRONMENT = {
    "PATH": f"{RUNTIME_INSIDE}/bin:/usr/bin:/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # a regrade finds sets in the same order
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": f"{SCRATCH}/matplotlib",
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads cannot be forked
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "4",  # each is 64 MB of the memory limit, and there would be one for each thread
}

#: Real seconds in which a process of ours, not a learner's, has to do its part, on however slow a machine.
PATIENCE = 60.0

#: Where Linux has its programs and libraries, as folders or, usually, as links into /usr.
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib64", "/lib32")
_DEVICES = ("null", "zero", "full", "random", "urandom")


class Room:
    """A program that runs inside, and everything that it has started."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes], group: ControlGroup) -> None:
        self._process = process
        self._errors = errors
        self._group = group
        self._first: Handle | None = None

    def begin(self, info: int) -> None:
        """Note who is pid 1 in there, which bubblewrap writes to `info`, and put it under the group's limits.

        pid 1 ends as the last one. Bubblewrap itself may end before.
        """
        with suppress(ValueError, OSError), open(info, closefd=False) as told:  # it may have failed
            pid = json.loads(told.read())["child-pid"]
            self._first = Handle(os.pidfd_open(pid))
            self._group.take(self._process.pid, pid)

    def wait(self, seconds: float) -> int | None:
        """The program's exit code, once nothing is left in there; None if something is after so long."""
        until = time.monotonic() + seconds
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        if self._first is not None and not self._first.has_ended(until - time.monotonic()):
            return None
        return 128 - code if code > 128 else code  # it says it as a shell does

    def end(self, *, within: float = 0.0) -> None:
        """Kill what is left, and wait for its end; it has so many seconds to end by itself."""
        if self._first is not None:
            self._first.has_ended(within)
            self._first.kill()
        self._process.kill()
        self._process.wait()
        if self._first is not None:
            self._first.has_ended(within=PATIENCE)
            self._first.close()
        self._group.remove()
        self._errors.close()

    def complaints(self) -> str:
        """What bubblewrap and the program have written to stderr."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip()[-2000:]


def start(runtime: Runtime, module: str, arguments: Sequence[str], *, keep: int, zygote: bool) -> Room:
    """Start a module of the runtime inside; it has the file descriptor to `keep`, by the same number.

    It ends when the thread that calls this ends.

    Raises: SandboxRefused: if there is no bubblewrap.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxRefused("there is no bubblewrap (bwrap) here", "apt-get install bubblewrap")
    python = [f"{RUNTIME_INSIDE}/bin/python", "-P", "-s", "-m", module, *arguments]
    errors = tempfile.TemporaryFile()  # noqa: SIM115  (the room closes it)
    info, to_info = os.pipe()
    gate, to_gate = os.pipe()  # the program begins when it closes
    try:
        process = subprocess.Popen(
            [
                bwrap,
                "--info-fd",
                str(to_info),
                "--block-fd",
                str(gate),
                *_view(runtime, zygote),
                "--",
                *python,
            ],
            **runtime.account.identity,
            pass_fds=(keep, to_info, gate),
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        os.close(to_info)
        room = Room(process, errors, ControlGroup.made())
        room.begin(info)
    finally:
        for fd in (info, gate, to_gate):
            os.close(fd)
    return room


def _view(runtime: Runtime, zygote: bool) -> Iterator[str]:
    yield from (
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--hostname",
        "sandbox",
    )
    yield from ("--uid", ID_INSIDE, "--gid", ID_INSIDE)  # for the machine it is still the learners' account
    yield "--clearenv"
    for name, value in ENVIRONMENT.items():
        yield from ("--setenv", name, value)
    for folder in ("/usr", *_SYSTEM, *_beyond(runtime.interpreter.prefix)):
        yield from _shown(Path(folder))
    yield from ("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache")
    yield from ("--ro-bind", str(runtime.venv), RUNTIME_INSIDE)
    yield from ("--ro-bind", str(runtime.sources), SOURCES_INSIDE)
    for device in _DEVICES:
        yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
    for folder in (SCRATCH, SHARED_MEMORY):
        yield from ("--perms", "1777", "--size", str(SCRATCH_MB << 20), "--tmpfs", folder)
    if zygote:  # to write its children's uid_map, before they hide it
        yield from ("--proc", "/proc")
    yield from ("--remount-ro", "/")


def _beyond(prefix: Path) -> list[str]:
    """The interpreter's own folder, where it is not in /usr."""
    return [] if prefix.is_relative_to("/usr") else [str(prefix)]


def _shown(folder: Path) -> Iterator[str]:
    if folder.is_symlink():
        yield from ("--symlink", str(folder.readlink()), str(folder))
    elif folder.is_dir():
        yield from ("--ro-bind", str(folder), str(folder))
