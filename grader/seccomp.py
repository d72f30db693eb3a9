"""Which system calls learners' code may make: a seccomp filter, assembled here.

It takes away what only an attack needs: other processes' memory, mounts, namespaces, kernel objects
that outlive a process or escape its memory limit, sockets, and the parts of the kernel that most of
its holes were in. Everything else is kept off by what there is in the sandbox to reach. A refused
call fails with EPERM, so Python raises an error that can be read.
"""

import errno
import platform
import struct
import sys

#: System calls by the numbers they have on x86_64 and on aarch64; None where there is no such call.
REFUSED = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "ioprio_set": (251, 30),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    # objects in the kernel that outlive a process, or hold memory that no limit of a process counts
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    # parts of the kernel that nobody's answer needs
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "lookup_dcookie": (212, 18),
    "splice": (275, 76),
    "tee": (276, 77),
    "vmsplice": (278, 75),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "_sysctl": (156, None),
    "ustat": (136, None),
    "sysfs": (139, None),
    "nfsservctl": (180, 42),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # the machine
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "create_module": (174, None),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
}

#: Calls about a process by its number, here as that argument: only 0, which is oneself, is allowed.
#: A process may change the limits and the share of CPU of every process of its user, pid 1 included.
ONLY_ONESELF = {
    "prlimit64": (302, 261, 0),
    "sched_setaffinity": (203, 122, 0),
    "sched_setscheduler": (144, 119, 0),
    "sched_setparam": (142, 118, 0),
    "sched_setattr": (314, 274, 0),
    "setpriority": (141, 140, 1),
}

#: A crash starts the machine's own crash handler, as root and outside, unless this limit is 1: so it stays.
LIMIT_CORE = 4
PRLIMIT = (302, 261)  # process, which limit, the new one or 0, where to write the old one
SETRLIMIT = (160, 164)  # which limit, the new one

SOCKET = (41, 198)
SOCKETPAIR = (53, 199)
CLONE = (56, 220)

#: From this number on the calls have one number everywhere. They are refused as unknown (ENOSYS), which the
#: C library is prepared for (clone3 hides its flags from a filter), but for these.
NEW = 424
ALLOWED_NEW = {
    "pidfd_send_signal": 424,
    "pidfd_open": 434,
    "close_range": 436,
    "openat2": 437,
    "faccessat2": 439,
    "epoll_pwait2": 441,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "futex_waitv": 449,
    "cachestat": 451,
    "fchmodat2": 452,
}

#: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
NEW_NAMESPACES = 0x7E020000
AF_UNIX = 1
X32 = 0x40000000  # the bit that numbers of x86_64's second set of calls have

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # our column, and the kernel's name

# Instructions of classic BPF, as linux/bpf_common.h has them.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE = 0, 4  # where struct seccomp_data has them; arguments begin at 16, 8 bytes each


class UnknownMachineError(Exception):
    """There are no numbers of system calls for this kind of processor here."""


def program(machine: str = "") -> bytes:
    """The filter for a machine, such as "x86_64"; without a name for this one.

    Raises: UnknownMachineError
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES or sys.byteorder != "little":
        raise UnknownMachineError(
            f"no list of system calls for {machine}; there is one for x86_64 and aarch64"
        )
    column, architecture = _ARCHITECTURES[machine]
    code = [_op(_LOAD, _ARCHITECTURE), _op(_IF_EQUAL, architecture, 1, 0), _op(_RETURN, _KILL)]
    code += [_op(_LOAD, _NUMBER), _op(_IF_AT_LEAST, X32, 0, 1), _refuse(errno.ENOSYS)]
    for numbers in REFUSED.values():
        number = numbers[column]
        if number is None:
            continue
        code += [_op(_IF_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    code += [_op(_IF_EQUAL, SOCKET[column], 0, 1), _refuse(errno.EAFNOSUPPORT)]
    for *own, argument in ONLY_ONESELF.values():
        code += _unless(own[column], argument, _op(_IF_EQUAL, 0, 1, 0))
    code += _unless(SETRLIMIT[column], 0, _op(_IF_EQUAL, LIMIT_CORE, 0, 1))
    code += _unless_core(PRLIMIT[column])
    code += _unless(SOCKETPAIR[column], 0, _op(_IF_EQUAL, AF_UNIX, 1, 0))
    code += _unless(CLONE[column], 0, _op(_IF_ANY_BIT, NEW_NAMESPACES, 0, 1))
    for number in ALLOWED_NEW.values():
        code += [_op(_IF_EQUAL, number, 0, 1), _op(_RETURN, _ALLOW)]
    code += [_op(_IF_AT_LEAST, NEW, 0, 1), _refuse(errno.ENOSYS), _op(_RETURN, _ALLOW)]
    return b"".join(code)


def _unless(number: int, argument: int, test: bytes) -> list[bytes]:
    """Refuse a call unless the test of its argument jumps over the refusal."""
    return [
        _op(_IF_EQUAL, number, 0, 4),
        _op(_LOAD, 16 + 8 * argument),
        test,
        _refuse(errno.EPERM),
        _op(_LOAD, _NUMBER),
    ]


def _unless_core(prlimit: int) -> list[bytes]:
    """Refuse to change that one limit; to read it is allowed."""
    which, new = 16 + 8 * 1, 16 + 8 * 2
    return [
        _op(_IF_EQUAL, prlimit, 0, 7),
        _op(_LOAD, which),
        _op(_IF_EQUAL, LIMIT_CORE, 0, 5),
        _op(_LOAD, new),
        _op(_IF_EQUAL, 0, 0, 2),
        _op(_LOAD, new + 4),
        _op(_IF_EQUAL, 0, 1, 0),
        _refuse(errno.EPERM),
        _op(_LOAD, _NUMBER),
    ]


def _refuse(error: int) -> bytes:
    return _op(_RETURN, _ERROR | error)


def _op(code: int, value: int, jump_if: int = 0, jump_else: int = 0) -> bytes:
    return struct.pack("=HBBI", code, jump_if, jump_else, value)
