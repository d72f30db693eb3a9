"""Ways out of the sandbox, tried from inside by `selftest`, with a learner's rights.

Each is a function: it returns if it got out, saying with what, and raises if it was held back. The plan
says what was planted outside for it to reach.
"""

import asyncio
import ctypes
import errno
import json
import mmap
import os
import platform
import resource
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from grader.lockdown import CHANNEL, LIMITS, SCRATCH, SHARED_MEMORY
from grader.seccomp import CLONE, REFUSED

Plan = dict[str, Any]
Way = Callable[[Plan], object]

#: In the order in which they are tried.
WAYS: list[Way] = []


class HeldBackError(Exception):
    """Nothing has failed, and yet it did not get out."""


#: The folders that a worker can write to.
WRITABLE = (SCRATCH, SHARED_MEMORY)


def leave_a_file(name: str) -> None:
    for folder in WRITABLE:
        Path(folder, name).write_text("", encoding="utf-8")


def try_all(plan: Plan) -> Iterator[tuple[str, bool, str]]:
    """For each way what it tries, whether it got out, and how that ended."""
    for way in WAYS:
        name = way.__name__.replace("_", " ")
        try:
            got = way(plan)
        except HeldBackError as held:
            yield name, False, str(held)
        except OSError as error:
            yield name, False, errno.errorcode.get(error.errno or 0, str(error))
        except Exception as error:
            yield name, False, f"{type(error).__name__}: {error}"
        else:
            yield name, True, str(got)[:300]


def report(plan: Plan) -> str:
    return json.dumps(list(try_all(plan)))


def stay_behind(name: str) -> None:
    """Start a process that the end of its parent does not end: forked twice, in a session of its own."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv("/bin/sleep", [name, "600"])
        os._exit(0)
    os.wait()
    time.sleep(0.1)  # until it is called so


def kill_all() -> None:
    with suppress(ProcessLookupError):  # there may be nobody else
        os.kill(-1, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def way(function: Way) -> Way:
    WAYS.append(function)
    return function


def _held_back(why: str) -> NoReturn:
    raise HeldBackError(why)


def _first_that_works(try_to: Callable[[Any], object], subjects: Iterable[Any]) -> object:
    """The first subject that it works with; raises the last error if it works with none."""
    error: OSError | None = None
    for subject in subjects:
        try:
            try_to(subject)
        except OSError as held:
            error = held
        else:
            return subject
    raise error or HeldBackError("there is nothing to try")


_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> int:
    """A function of the C library that returns less than 0 when it fails."""
    result: int = getattr(_libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _number(numbers: tuple[int | None, int | None]) -> int | None:
    return numbers[0 if platform.machine() == "x86_64" else 1]


# -- files


@way
def write_outside_the_scratch_folder(plan: Plan) -> object:
    folders = (
        "/",
        "/usr",
        "/usr/lib",
        "/etc",
        "/dev",
        "/proc",
        "/runtime",
        "/course",
        "/course/grader",
        "/var",
    )
    return _first_that_works(lambda folder: Path(folder, "written").write_text(""), folders)


@way
def change_what_the_next_one_runs(plan: Plan) -> object:
    return _first_that_works(lambda path: os.open(path, os.O_WRONLY), (__file__, asyncio.__file__, "/bin/sh"))


@way
def read_files_of_the_machine(plan: Plan) -> object:
    paths = ("/etc/shadow", "/etc/passwd", "/etc/hostname", "/root", "/home", "/var", "/sys", "/boot", "/run")
    return _first_that_works(lambda path: Path(path).stat(), paths)


@way
def read_files_of_the_grader(plan: Plan) -> object:
    return _first_that_works(os.stat, plan["files"])


@way
def read_a_file_of_another_submission(plan: Plan) -> object:
    return _first_that_works(os.stat, [f"{folder}/{plan['others']}" for folder in WRITABLE])


@way
def read_a_file_of_the_last_exercise(plan: Plan) -> object:
    return _first_that_works(os.stat, [f"{folder}/{plan['last']}" for folder in WRITABLE])


@way
def open_disks_memory_and_terminals(plan: Plan) -> object:
    devices = (
        "mem",
        "kmem",
        "port",
        "kmsg",
        "vda",
        "sda",
        "nvme0n1",
        "tty",
        "console",
        "ptmx",
        "kvm",
        "fuse",
    )
    return _first_that_works(lambda device: os.open(f"/dev/{device}", os.O_RDONLY), devices)


@way
def make_a_device(plan: Plan) -> object:
    os.mknod("/tmp/memory", stat.S_IFCHR | 0o666, os.makedev(1, 1))
    return "/tmp/memory"


@way
def give_a_file_to_root(plan: Plan) -> object:
    Path("/tmp/mine").write_text("", encoding="utf-8")
    os.chown("/tmp/mine", 0, 0)
    return "/tmp/mine"


@way
def use_files_that_somebody_left_open(plan: Plan) -> object:
    return [fd for fd in range(256) if _is_not_ours(fd)] or _held_back("there are none")


def _is_not_ours(fd: int) -> bool:
    """Ours are /dev/null as 0, 1 and 2, the link to the judge, and what an event loop has."""
    try:
        found = os.fstat(fd)
    except OSError:
        return False
    kind = stat.S_IFMT(found.st_mode)
    if kind == stat.S_IFSOCK:
        with socket.socket(fileno=os.dup(fd)) as link:
            return link.family != socket.AF_UNIX or link.getsockname() != "" or fd < CHANNEL
    is_epoll = kind == 0
    return not is_epoll if fd > CHANNEL else found.st_rdev != Path(os.devnull).stat().st_rdev


# -- the kernel's own files


@way
def see_anything_in_proc(plan: Plan) -> object:
    return list(Path("/proc").iterdir()) or _held_back("it is empty")


@way
def write_to_core_pattern(plan: Plan) -> object:
    return os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)


@way
def open_switches_of_the_kernel(plan: Plan) -> object:
    names = ("sysrq-trigger", "kcore", "kallsyms", "keys", "sys/kernel/modprobe", "sys/vm/overcommit_memory")
    return _first_that_works(lambda name: os.open(f"/proc/{name}", os.O_RDONLY), names)


# -- other processes


@way
def read_environment_and_memory_of_pid_1(plan: Plan) -> object:
    names = ("environ", "mem", "maps", "root/etc/passwd", "fd/3", "cwd/etc/passwd")
    return _first_that_works(lambda name: os.open(f"/proc/1/{name}", os.O_RDONLY), names)


@way
def find_the_graders_environment(plan: Plan) -> object:
    found = [name for name, value in os.environ.items() if plan["secret"] in value]
    return found or _held_back("it is not there")


@way
def attach_a_debugger(plan: Plan) -> object:
    attach = 16
    return _first_that_works(lambda pid: _call("ptrace", attach, pid, None, None), (1, *plan["pids"]))


@way
def read_memory_of_processes(plan: Plan) -> object:
    pids = (1, *plan["pids"])
    return _first_that_works(lambda pid: _call("process_vm_readv", pid, None, 0, None, 0, 0), pids)


@way
def take_an_open_file_of_pid_1(plan: Plan) -> object:
    pidfd_getfd = 438
    return _call("syscall", pidfd_getfd, os.pidfd_open(1), 0, 0)


@way
def signal_processes_outside(plan: Plan) -> object:
    own = (1, os.getpid())  # numbers are given anew in here
    outside = [pid for pid in plan["pids"] if pid not in own]
    return _first_that_works(lambda pid: os.kill(pid, 0), outside)


@way
def change_limits_of_pid_1(plan: Plan) -> object:
    limits = resource.prlimit(1, resource.RLIMIT_NOFILE)
    return resource.prlimit(1, resource.RLIMIT_NOFILE, limits)


@way
def slow_pid_1_down(plan: Plan) -> object:
    ways = (lambda: os.setpriority(os.PRIO_PROCESS, 1, 19), lambda: os.sched_setaffinity(1, {0}))
    return _first_that_works(lambda slow: slow(), ways)


# -- rights


@way
def become_root(plan: Plan) -> object:
    ways = (
        lambda: os.setuid(0),
        lambda: os.setresuid(0, 0, 0),
        lambda: os.setgid(0),
        lambda: os.setgroups([0]),
    )
    return _first_that_works(lambda become: become(), ways)


@way
def have_a_capability(plan: Plan) -> object:
    pr_capbset_read = 23
    could_have = [number for number in range(41) if _libc.prctl(pr_capbset_read, number, 0, 0, 0) > 0]
    version_3 = 0x20080522
    has = (ctypes.c_uint32 * 6)()
    _call("capget", (ctypes.c_uint32 * 2)(version_3, 0), has)
    return (could_have, list(has)) if could_have or any(has) else _held_back("none, and none to be had")


@way
def get_rights_from_a_program_that_has_some(plan: Plan) -> object:
    pr_get_no_new_privs = 39
    if _libc.prctl(pr_get_no_new_privs, 0, 0, 0, 0) == 1:
        _held_back("no_new_privs is on")
    return "no_new_privs is off"


@way
def raise_a_limit(plan: Plan) -> object:
    open_ended = [kind for kind, most in LIMITS.items() if not 0 <= resource.getrlimit(kind)[1] <= most]
    if open_ended:
        return f"limits {open_ended} are not set"
    with suppress(ValueError):  # what Python makes of EPERM here
        return _first_that_works(lambda kind: resource.setrlimit(kind, (2**40, 2**40)), LIMITS)
    _held_back("EPERM")


@way
def start_the_crash_handler_of_the_machine(plan: Plan) -> object:
    """A limit of 1 stops it, one of 0 does not."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != 1:
        return resource.getrlimit(resource.RLIMIT_CORE)
    with suppress(ValueError):  # what Python makes of EPERM here
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return "the limit can be 0"
    return _call("setrlimit", resource.RLIMIT_CORE, (ctypes.c_ulong * 2)(0, 0))


@way
def make_namespaces(plan: Plan) -> object:
    kinds = (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x04000000, 0x08000000, 0x02000000)
    return _first_that_works(lambda kind: _call("unshare", kind), kinds)


@way
def clone_into_namespaces(plan: Plan) -> object:
    sigchld, number = 17, _number(CLONE)

    def clone(kind: int) -> None:
        if _call("syscall", number, ctypes.c_ulong(kind | sigchld), None, None, None, None) == 0:
            os._exit(0)

    return _first_that_works(clone, (0x10000000, 0x30000000, 0x50000000))


@way
def clone3_into_namespaces(plan: Plan) -> object:
    clone3, sigchld = 435, 17
    arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, sigchld)
    if _call("syscall", clone3, arguments, ctypes.sizeof(arguments)) == 0:
        os._exit(0)
    return "a user namespace"


@way
def change_the_mounts(plan: Plan) -> object:
    remount, bind, none = 32, 4096, ctypes.c_ulong(0)
    ways = (
        ("mount", b"proc", b"/tmp", b"proc", none, None),
        ("mount", b"none", b"/tmp", b"tmpfs", none, None),
        ("mount", None, b"/usr", None, ctypes.c_ulong(remount | bind), None),
        ("umount2", b"/proc", 2),
        ("pivot_root", b"/tmp", b"/tmp"),
        ("chroot", b"/tmp"),
    )
    return _first_that_works(lambda call: _call(*call), ways)


@way
def make_the_system_calls_that_are_refused(plan: Plan) -> object:
    """Without arguments, so that none does harm if it is let through."""
    let_through = []
    for name, numbers in REFUSED.items():
        if (number := _number(numbers)) is not None:
            ctypes.set_errno(0)
            _libc.syscall(number, -1, 0, 0, 0, 0, 0)
            if ctypes.get_errno() != errno.EPERM:
                let_through.append(name)
    return let_through or _held_back(f"EPERM for all {len(REFUSED)}")


@way
def make_an_io_uring(plan: Plan) -> object:
    io_uring_setup = 425
    return _call("syscall", io_uring_setup, 1, (ctypes.c_char * 120)())


# -- the network


@way
def open_sockets(plan: Plan) -> object:
    netlink, packet, alg, vsock, xdp = 16, 17, 38, 40, 44
    families = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, netlink, packet, alg, vsock, xdp)
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)
    both = [(family, kind) for family in families for kind in kinds]
    return _first_that_works(lambda each: socket.socket(*each).close(), both)


@way
def connect_to_a_port_of_the_grader(plan: Plan) -> object:
    socket.create_connection(("127.0.0.1", plan["port"]), timeout=2).close()
    return plan["port"]


@way
def connect_to_an_abstract_socket_of_the_grader(plan: Plan) -> object:
    with socket.socket(socket.AF_UNIX) as link:
        link.connect("\0" + plan["abstract"])
    return plan["abstract"]


@way
def resolve_a_name(plan: Plan) -> object:
    return socket.getaddrinfo("asynclab.invalid", 80)


@way
def see_a_network(plan: Plan) -> object:
    return [name for _, name in socket.if_nameindex() if name != "lo"] or _held_back("there is none")


# -- too much


@way
def take_ten_gigabytes_of_memory(plan: Plan) -> object:
    mmap.mmap(-1, 10 << 30).close()  # not touched: where it is allowed, it does no harm
    return "all of it"


@way
def fill_the_memory_with_files(plan: Plan) -> object:
    """128 MB; the scratch folder holds half of it."""
    block = bytes(16 << 20)

    def fill(folder: str) -> None:
        for number in range(8):
            Path(folder, f"block{number}").write_bytes(block)

    return _first_that_works(fill, WRITABLE)
