"""System calls that Python 3.11 has no functions for: mounts, namespaces, and what a process may give up."""

import ctypes
import os
import platform
import struct

NEW_MOUNTS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NETWORK = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS, RECURSIVE, PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18
DETACH = 2

PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 4, 24, 38, 47
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    _checked(
        _libc.mount(
            source.encode(),
            target.encode(),
            None if kind is None else kind.encode(),
            ctypes.c_ulong(flags),
            options.encode(),
        ),
        f"mount {target}",
    )


def mount_scratch(target: str, megabytes: int, files: int, mode: str = "1777") -> None:
    """An empty file system in memory, over what there is."""
    options = f"size={megabytes}m,nr_inodes={files},mode={mode}"
    mount("tmpfs", target, "tmpfs", NO_SUID | NO_DEVICES, options)


def unmount(target: str) -> None:
    _checked(_libc.umount2(target.encode(), DETACH), f"umount {target}")


def prctl(option: int, argument: int = 0) -> None:
    zero = ctypes.c_ulong(0)
    _checked(_libc.prctl(option, ctypes.c_ulong(argument), zero, zero, zero), f"prctl {option}")


def close_from(first: int) -> None:
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def drop_capabilities() -> None:
    """All of them, for good: not even a program that brings its own has any."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break  # the last one that this kernel knows, or there is none to drop with
    prctl(PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    header, none = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24)
    _checked(_libc.capset(header, none), "capset")


def filter_system_calls(program: bytes) -> None:
    """For every thread of this process, and all that it starts."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    seccomp = {"x86_64": 317, "aarch64": 277}[platform.machine()]
    filter = Program(len(program) // 8, program)
    _checked(_libc.syscall(seccomp, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(filter)), "seccomp")
