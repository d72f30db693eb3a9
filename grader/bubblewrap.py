"""The outer sandbox: what of the machine can be seen in it, and the command that starts a program there."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from grader.lockdown import SCRATCH, SCRATCH_MB
from grader.refusal import SandboxRefused
from grader.runtime import SOURCES_INSIDE, Runtime

RUNTIME_INSIDE = "/runtime"

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
}

#: Where Linux has its programs and libraries, as folders or, usually, as links into /usr.
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib64", "/lib32")
_DEVICES = ("null", "zero", "full", "random", "urandom")


def start(
    runtime: Runtime,
    module: str,
    arguments: Sequence[str],
    *,
    keep: Iterable[int],
    errors: IO[bytes],
    zygote: bool,
) -> subprocess.Popen[bytes]:
    """Start a module of the runtime inside; it has the file descriptors to `keep`, by the same numbers.

    It ends when the thread that calls this ends.

    Raises: SandboxRefused: if there is no bubblewrap.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxRefused("there is no bubblewrap (bwrap) here", "apt-get install bubblewrap")
    python = [f"{RUNTIME_INSIDE}/bin/python", "-P", "-s", "-m", module, *arguments]
    return subprocess.Popen(
        [bwrap, *_view(runtime, zygote), "--", *python],
        **runtime.account.identity,
        pass_fds=tuple(keep),
        env={},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=True,
    )


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
    for folder in (SCRATCH, "/dev/shm"):
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
